namespace Dossier;

/// <summary>What overrides say of one model.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model's id or alias.</param>
/// <param name="Parts">The facts and where they come from; later ones win.</param>
internal sealed record ModelOverride(string Provider, string Model, IReadOnlyList<(ModelOverrides Facts, FactSource Source)> Parts)
{
    /// <summary>
    /// The model that is meant. By an alias, it is the model itself; a dated snapshot without an entry of its own gets one, with
    /// the facts of its model.
    /// </summary>
    public ModelDescriptor TargetIn(ModelIndex index) =>
        index.GetExact(Provider, Model) ?? index.BaseOf(Provider, Model) ?? ModelDescriptor.Unknown(Provider, Model);

    /// <summary>The model with these facts.</summary>
    public ModelDescriptor Apply(ModelDescriptor model)
    {
        foreach (var (facts, source) in Parts)
            model = facts.Apply(model, source);
        return model;
    }
}
