namespace Dossier;

/// <summary>Where a fact about a model came from.</summary>
/// <param name="Name">The source, for example <c>catalogue</c>, <c>configuration</c> or a vendor's page.</param>
/// <param name="Date">The day on which it was true there, where that is known.</param>
public sealed record FactSource(string Name, DateOnly? Date = null)
{
    /// <summary>The source and its date.</summary>
    public override string ToString() =>
        Date is { } date ? $"{Name}, {date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)}" : Name;
}
