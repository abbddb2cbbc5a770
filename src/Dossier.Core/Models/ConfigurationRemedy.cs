namespace Dossier;

/// <summary>Where a user sets what is missing, as messages say it.</summary>
/// <param name="readsConfiguration">Whether the store was made of configuration; otherwise it was made in code, and whatever is in files and the environment is nothing to it.</param>
internal sealed class ConfigurationRemedy(bool readsConfiguration)
{
    /// <summary>How a store that was made in code comes to have providers.</summary>
    public const string InCode =
        "This store was made in code and reads no environment variables and no files. Open the session with Session.OpenAsync, or the store with AddDossier, which read them and bring the usual providers; or give the store SessionOptions.Providers, each with its Implementation.";

    /// <summary>A setting that is an option as well.</summary>
    public string Option(string name) => readsConfiguration ? $"Dossier:{name} or SessionOptions.{name}" : $"SessionOptions.{name}";

    /// <summary>A setting of a provider.</summary>
    public string Provider(string provider, string name) =>
        readsConfiguration ? $"Dossier:Providers:{provider}:{name}" : $"SessionOptions.Providers[\"{provider}\"].{name}";

    /// <summary>A setting of what is done about failures.</summary>
    public string Resilience(string name) => readsConfiguration ? $"Dossier:Resilience:{name}" : $"SessionOptions.Resilience.{name}";

    /// <summary>Where single facts of a model are stated.</summary>
    public string ModelFacts(string model) =>
        readsConfiguration
            ? $"in Dossier:Models:{model} or with ModelRegistry.OverrideFacts"
            : "with OverrideFacts of the ModelRegistry in SessionOptions.Models";

    /// <summary>What to do where something has to be configured.</summary>
    public string Or(string configure) => readsConfiguration ? configure : InCode;
}
