using System.ClientModel.Primitives;

namespace Dossier;

/// <summary>Lets the SDK read answers that end with a reason which is none of OpenAI's. See <see cref="FinishReasons"/>.</summary>
internal sealed class FinishReasonPolicy : PipelinePolicy
{
    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        ProcessNext(message, pipeline, currentIndex);
        Rewrite(message);
    }

    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        await ProcessNextAsync(message, pipeline, currentIndex).ConfigureAwait(false);
        Rewrite(message);
    }

    private static void Rewrite(PipelineMessage message)
    {
        if (message.Response is not { Status: 200 } response)
            return;
        if (!message.BufferResponse)
            response.ContentStream = response.ContentStream is { } stream ? new FinishReasonLines(stream) : null;
        else if (FinishReasons.Read(response.Content.ToMemory().Span, isPiece: false).Rewritten is { } readable)
            response.ContentStream = new MemoryStream(readable, 0, readable.Length, writable: false, publiclyVisible: true);
    }
}
