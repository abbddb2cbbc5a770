namespace Dossier;

/// <summary>Where a server of OpenAI's protocol says more of its models than its <c>/models</c> does.</summary>
internal enum ModelListShape
{
    /// <summary>Nowhere.</summary>
    OpenAI,

    /// <summary>Google's own list, beside the compatible endpoint.</summary>
    Gemini,

    /// <summary><c>/props</c>.</summary>
    LlamaCpp,

    /// <summary><c>/api/v0/models</c>.</summary>
    LMStudio,
}
