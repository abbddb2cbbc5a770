namespace Dossier;

/// <summary>What overrides say of one model.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model's id or alias.</param>
/// <param name="Parts">The facts and where they come from; later ones win.</param>
internal sealed record ModelOverride(string Provider, string Model, IReadOnlyList<(ModelOverrides Facts, FactSource Source)> Parts)
{
    /// <summary>The model, as the index knows it or not, with these facts.</summary>
    public ModelDescriptor Apply(ModelIndex index)
    {
        var model = index.GetExact(Provider, Model);
        // A dated snapshot without an entry of its own has the facts of its model.
        model ??= index.Get(Provider, Model) is { } dated
            ? dated with
            {
                Id = Model,
                Aliases = [],
            }
            : ModelDescriptor.Unknown(Provider, Model);
        foreach (var (facts, source) in Parts)
            model = facts.Apply(model, source);
        return model;
    }
}
