using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>What is known of a model, and where each fact came from. Immutable.</summary>
public sealed record ModelDescriptor
{
    private static readonly FactSource s_unknown = new("unknown");
    private static readonly FactSource s_code = new("code");

    /// <summary>The provider that serves it.</summary>
    public required string Provider { get; init; }

    /// <summary>The id, as the provider knows it.</summary>
    public required string Id { get; init; }

    /// <summary>The name for people.</summary>
    /// <value>The id by default.</value>
    public string DisplayName
    {
        get => field ?? Id;
        init;
    }

    /// <summary>Other ids under which the provider serves the same model.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>How many tokens of input and output together fit into a call; null when unknown.</summary>
    public long? ContextTokens { get; init; }

    /// <summary>How many tokens of input a call may have, where that is less than <see cref="ContextTokens"/>; null when unknown.</summary>
    public long? MaxInputTokens { get; init; }

    /// <summary>How many tokens of output, with reasoning, a call may have; null when unknown.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>What it reads; null when unknown.</summary>
    public Modalities? InputModalities { get; init; }

    /// <summary>What it writes; null when unknown.</summary>
    public Modalities? OutputModalities { get; init; }

    /// <summary>Whether it reads images: part of <see cref="InputModalities"/>.</summary>
    public Support Vision => Reads(Modalities.Image);

    /// <summary>Whether it reads sound: part of <see cref="InputModalities"/>.</summary>
    public Support AudioInput => Reads(Modalities.Audio);

    /// <summary>Whether it reads PDF documents as they are: part of <see cref="InputModalities"/>.</summary>
    public Support PdfInput => Reads(Modalities.Pdf);

    /// <summary>Whether it calls tools (functions).</summary>
    public Support Tools { get; init; }

    /// <summary>Whether its output can be held to a JSON schema.</summary>
    public Support StructuredOutput { get; init; }

    /// <summary>Whether it can be held to some JSON, without a schema.</summary>
    public Support JsonMode { get; init; }

    /// <summary>Whether it reasons before it answers.</summary>
    public Support Reasoning { get; init; }

    /// <summary>Whether it streams.</summary>
    public Support Streaming { get; init; }

    /// <summary>Whether it takes a system prompt.</summary>
    public Support SystemPrompt { get; init; }

    /// <summary>Whether it takes a temperature.</summary>
    public Support Temperature { get; init; }

    /// <summary>Whether it takes a top-p (nucleus sampling).</summary>
    public Support TopP { get; init; }

    /// <summary>Whether it takes a frequency and a presence penalty.</summary>
    public Support Penalties { get; init; }

    /// <summary>Whether it takes stop sequences.</summary>
    public Support StopSequences { get; init; }

    /// <summary>Whether the provider caches prompts for it, asked or unasked.</summary>
    public Support PromptCaching { get; init; }

    /// <summary>Whether it makes embeddings.</summary>
    public Support Embeddings { get; init; }

    /// <summary>How its reasoning can be steered; null when unknown.</summary>
    public ReasoningOptions? ReasoningOptions { get; init; }

    /// <summary>How many dimensions its embeddings have when nothing else is asked for; null when unknown.</summary>
    public int? EmbeddingDimensions { get; init; }

    /// <summary>Whether embeddings of fewer dimensions can be asked for.</summary>
    public Support ShorterEmbeddings { get; init; }

    /// <summary>The MIME types of what it reads beside text, for example <c>image/png</c>; empty when unknown.</summary>
    public IReadOnlyList<string> MediaTypes { get; init; } = [];

    /// <summary>What it takes of images in one call; null when unknown.</summary>
    public ImageLimits? ImageLimits { get; init; }

    /// <summary>What it costs; null when it is unpriced.</summary>
    public ModelPrice? Price { get; init; }

    /// <summary>Whether it is served. What a registry gives out has passed the days that were announced, see <see cref="LifeCycleOn"/>.</summary>
    public LifeCycle LifeCycle { get; init; }

    /// <summary>The id of the model, of the same provider, to use instead of one that goes or has gone.</summary>
    public string? Replacement { get; init; }

    /// <summary>The day from which it counts as deprecated; null when unknown or not announced.</summary>
    public DateOnly? DeprecatedOn { get; init; }

    /// <summary>The day from which it is no longer served; null when unknown or not announced.</summary>
    public DateOnly? EndOfLifeOn { get; init; }

    /// <summary>The day on which it was released; the first of the month where only the month is known.</summary>
    public DateOnly? ReleasedOn { get; init; }

    /// <summary>The end of its training data; the first of the month where only the month is known.</summary>
    public DateOnly? KnowledgeCutoff { get; init; }

    /// <summary>Where the facts came from, apart from those of which <see cref="SourceOf"/> says otherwise.</summary>
    /// <value><c>code</c> by default.</value>
    public FactSource Source { get; init; } = s_code;

    /// <summary>The facts that came from elsewhere. Few, hence no dictionary.</summary>
    internal IReadOnlyList<KeyValuePair<string, FactSource>> OtherSources { get; init; } = [];

    /// <summary>A model of which nothing is known: every capability unknown, unpriced.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="id">The model's id.</param>
    /// <exception cref="ArgumentException">One of them is empty.</exception>
    public static ModelDescriptor Unknown(string provider, string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return new ModelDescriptor
        {
            Provider = provider,
            Id = id,
            Source = s_unknown,
        };
    }

    /// <summary>Where a fact came from.</summary>
    /// <param name="fact">
    /// The fact's name in snake case, for example <c>context_tokens</c>, <c>tools</c>, <c>vision</c> or <c>price</c>.
    /// </param>
    /// <exception cref="ArgumentException">There is no fact of that name; the message lists those that there are.</exception>
    public FactSource SourceOf(string fact)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fact);
        var name =
            ModelFact.Canonical(fact)
            ?? throw new ArgumentException(
                $"'{fact}' is no fact of a model. Known are {string.Join(", ", ModelFact.Names)}.",
                nameof(fact)
            );
        foreach (var other in OtherSources)
        {
            if (string.Equals(other.Key, name, StringComparison.Ordinal))
                return other.Value;
        }
        return Source;
    }

    /// <summary>
    /// Whether it is served on a day: <see cref="LifeCycle.EndOfLife"/> from <see cref="EndOfLifeOn"/> on, <see cref="LifeCycle.Deprecated"/>
    /// from <see cref="DeprecatedOn"/> on, and before these as <see cref="LifeCycle"/> says.
    /// </summary>
    /// <param name="day">The day (UTC).</param>
    public LifeCycle LifeCycleOn(DateOnly day) =>
        EndOfLifeOn <= day ? LifeCycle.EndOfLife
        : DeprecatedOn <= day && LifeCycle != LifeCycle.EndOfLife ? LifeCycle.Deprecated
        : LifeCycle;

    /// <summary>The same model with the life cycle that it has on a day, which then has the source of the date.</summary>
    internal ModelDescriptor On(DateOnly day)
    {
        var lifeCycle = LifeCycleOn(day);
        return lifeCycle == LifeCycle ? this : With(lifeCycle);
    }

    /// <summary>Says for every requirement of a task whether this model meets it, and on which fact that rests.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="requirements"/> is null.</exception>
    public ModelValidation Validate(TaskRequirements requirements)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        return ModelValidator.Validate(this, requirements);
    }

    /// <summary>The model and the most important facts, in one line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Provider}/{Id}: ");
        text.Append(CultureInfo.InvariantCulture, $"context {Tokens(ContextTokens)}, output {Tokens(MaxOutputTokens)}");
        text.Append(CultureInfo.InvariantCulture, $"; reads {ModalitiesText.Of(InputModalities)}");
        AppendFeatures(text);
        text.Append("; ").Append(Price?.ToString() ?? "unpriced");
        if (LifeCycle is LifeCycle.Preview or LifeCycle.Deprecated or LifeCycle.EndOfLife)
            text.Append("; ").Append(LifeCycleText);
        return text.ToString();
    }

    internal string LifeCycleText =>
        LifeCycle switch
        {
            LifeCycle.Active => "active",
            LifeCycle.Preview => "preview",
            LifeCycle.Deprecated => "deprecated",
            LifeCycle.EndOfLife => "no longer served",
            _ => "unknown",
        };

    internal static string Tokens(long? tokens) => tokens is { } known ? known.ToString("N0", CultureInfo.InvariantCulture) : "unknown";

    private ModelDescriptor With(LifeCycle lifeCycle)
    {
        var source = SourceOf(lifeCycle == LifeCycle.EndOfLife ? ModelFact.EndOfLifeOn : ModelFact.DeprecatedOn);
        return this with
        {
            LifeCycle = lifeCycle,
            OtherSources = [.. OtherSources.Where(other => other.Key != ModelFact.LifeCycle), new(ModelFact.LifeCycle, source)],
        };
    }

    private Support Reads(Modalities modality) =>
        InputModalities is not { } known ? Support.Unknown
        : known.HasFlag(modality) ? Support.Yes
        : Support.No;

    private void AppendFeatures(StringBuilder text)
    {
        ReadOnlySpan<(string Name, Support Support)> features =
        [
            ("tools", Tools),
            ("structured output", StructuredOutput),
            ("reasoning", Reasoning),
            ("embeddings", Embeddings),
        ];
        var separator = "; ";
        foreach (var (name, support) in features)
        {
            if (support != Support.Yes)
                continue;
            text.Append(separator).Append(name);
            separator = ", ";
        }
    }
}
