namespace Dossier;

/// <summary>What a node of an explanation is known by, before it is read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="SessionId">The session that it belongs to.</param>
/// <param name="Name">Its id; of a step or a value the digest; of an artifact that is gone and was read by its name that and its version.</param>
internal readonly record struct ExplanationKey(ExplanationKind Kind, string SessionId, string Name)
{
    public static ExplanationKey Of(ArtifactRecord artifact) => new(ExplanationKind.Artifact, artifact.SessionId, artifact.Id);

    public static ExplanationKey Of(TrackedResponse response) => new(ExplanationKind.Response, response.SessionId, response.Id);

    public static ExplanationKey Of(StepRecord step) => new(ExplanationKind.Step, step.SessionId, step.Key.ToString());

    /// <summary>The same each time, and unique.</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}/{SessionId}/{Name}";
}

/// <summary>What a node of an explanation is.</summary>
internal enum ExplanationKind
{
    Artifact,
    Value,
    Step,
    Response,
}

/// <summary>A link before its nodes are read.</summary>
internal readonly record struct KeyLink(ExplanationKey From, ExplanationKey To, ExplanationRelation Relation)
{
    public ExplanationLink ToLink() => new(From.ToString(), To.ToString(), Relation);
}
