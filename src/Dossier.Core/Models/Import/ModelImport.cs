using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>
/// The models of a file of the shape that models.dev serves as <c>api.json</c>: providers by id, each with its models by id. Every
/// record stands for itself: one that contradicts itself is skipped and reported, and takes no other with it. What a record leaves
/// out, or states as 0 where 0 makes no sense (limits, prices of both input and output), is unknown.
/// </summary>
public sealed class ModelImport
{
    internal ModelImport(IReadOnlyList<ModelDescriptor> models, IReadOnlyList<SkippedModel> skipped)
    {
        (Models, Skipped) = (models, skipped);
        SkippedByReason = skipped.CountBy(model => model.Reason).OrderBy(count => count.Key).ToDictionary();
    }

    /// <summary>The models, in the order of the file; pass them to <see cref="ModelRegistry.Register(IEnumerable{ModelDescriptor})"/>.</summary>
    public IReadOnlyList<ModelDescriptor> Models { get; }

    /// <summary>The records that were left out, in the order of the file.</summary>
    public IReadOnlyList<SkippedModel> Skipped { get; }

    /// <summary>How many records were left out, by reason; a reason that never occurred is not there.</summary>
    public IReadOnlyDictionary<ImportFault, int> SkippedByReason { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="json">The whole file, in UTF-8.</param>
    /// <param name="source">What the facts are said to come from; <c>models.dev</c> without a date when null.</param>
    /// <exception cref="ModelCatalogueException">It is no such file: not JSON, cut off, of another shape, or without one usable model.</exception>
    public static ModelImport Read(ReadOnlySpan<byte> json, FactSource? source = null) =>
        ModelsDevReader.Read(json, source ?? new FactSource("models.dev"));

    /// <summary>How many there are, and how many were skipped for which reason.</summary>
    public override string ToString()
    {
        var providers = Models.Select(model => model.Provider).Distinct(StringComparer.Ordinal).Count();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Models.Count:N0} models of {providers:N0} providers; {Skipped.Count:N0} skipped");
        var separator = ": ";
        foreach (var (reason, count) in SkippedByReason)
        {
            text.Append(CultureInfo.InvariantCulture, $"{separator}{count:N0} {SkippedModel.TextOf(reason)}");
            separator = ", ";
        }
        return text.ToString();
    }
}

/// <summary>A record that an import left out.</summary>
/// <param name="Provider">The provider, as the file names it.</param>
/// <param name="Model">The model, as the file names it; null when the provider itself is at fault.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Value">Where in the record, and what stands there, for example <c>limit.output = 262144</c>; long values are cut.</param>
public sealed record SkippedModel(string Provider, string? Model, ImportFault Reason, string Value)
{
    /// <summary>All of it, in one line.</summary>
    public override string ToString() => $"{Provider}/{Model ?? "*"}: {TextOf(Reason)} ({Value})";

    internal static string TextOf(ImportFault reason) =>
        reason switch
        {
            ImportFault.WrongType => "with a value of the wrong type",
            ImportFault.DuplicateId => "with the id of an earlier one",
            ImportFault.NegativeLimit => "with a negative limit",
            ImportFault.InputAboveContext => "with input above context",
            ImportFault.OutputAboveContext => "with output above context",
            ImportFault.NegativePrice => "with a negative price",
            ImportFault.ImplausiblePrice => "with an implausible price",
            _ => "with an impossible date",
        };
}

/// <summary>What is wrong with a record of an imported file.</summary>
public enum ImportFault
{
    /// <summary>A value that is needed is not of the type that it has to be, or the id is missing or empty.</summary>
    WrongType,

    /// <summary>An earlier record of the provider has the same id; ids compare without regard to case.</summary>
    DuplicateId,

    /// <summary>A limit is below 0.</summary>
    NegativeLimit,

    /// <summary>The limit of input is above the context window.</summary>
    InputAboveContext,

    /// <summary>The limit of output is above the context window.</summary>
    OutputAboveContext,

    /// <summary>A price is below 0.</summary>
    NegativePrice,

    /// <summary>A date is in no calendar.</summary>
    ImpossibleDate,

    /// <summary>A price is above 1,000,000 USD per million tokens, a dollar per token.</summary>
    ImplausiblePrice,
}
