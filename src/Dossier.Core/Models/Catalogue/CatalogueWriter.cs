using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Dossier;

/// <summary>Writes models as a catalogue file (schema 1), which <see cref="CatalogueReader"/> reads back with every fact and its source.</summary>
internal sealed class CatalogueWriter
{
    private static readonly (string Fact, Func<ModelDescriptor, Support> Of)[] s_features =
    [
        (ModelFact.Tools, model => model.Tools),
        (ModelFact.StructuredOutput, model => model.StructuredOutput),
        (ModelFact.JsonMode, model => model.JsonMode),
        (ModelFact.Reasoning, model => model.Reasoning),
        (ModelFact.Streaming, model => model.Streaming),
        (ModelFact.SystemPrompt, model => model.SystemPrompt),
        (ModelFact.Temperature, model => model.Temperature),
        (ModelFact.TopP, model => model.TopP),
        (ModelFact.Penalties, model => model.Penalties),
        (ModelFact.StopSequences, model => model.StopSequences),
        (ModelFact.PromptCaching, model => model.PromptCaching),
        (ModelFact.Embeddings, model => model.Embeddings),
        (ModelFact.ShorterEmbeddings, model => model.ShorterEmbeddings),
    ];

    private readonly Dictionary<FactSource, string> _keys = [];
    private readonly Utf8JsonWriter _json;

    private CatalogueWriter(Utf8JsonWriter json) => _json = json;

    /// <summary>The file, as UTF-8.</summary>
    public static ReadOnlyMemory<byte> Write(ModelSnapshot snapshot)
    {
        var bytes = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(bytes))
            new CatalogueWriter(json).WriteFile(snapshot);
        return bytes.WrittenMemory;
    }

    private void WriteFile(ModelSnapshot snapshot)
    {
        foreach (var model in snapshot.Models)
        {
            foreach (var source in model.OtherSources.Select(other => other.Value).Prepend(model.Source))
                _keys.TryAdd(source, _keys.Count.ToString(CultureInfo.InvariantCulture));
        }
        _json.WriteStartObject();
        _json.WriteNumber("schema", CatalogueReader.Schema);
        Date("date", snapshot.Date);
        _json.WriteStartObject("sources");
        foreach (var (source, key) in _keys)
        {
            _json.WriteStartObject(key);
            _json.WriteString("name", source.Name);
            Date("date", source.Date);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
        _json.WriteStartArray("models");
        foreach (var model in snapshot.Models)
            WriteModel(model);
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteModel(ModelDescriptor model)
    {
        _json.WriteStartObject();
        _json.WriteString("provider", model.Provider);
        _json.WriteString("id", model.Id);
        if (model.DisplayName != model.Id)
            _json.WriteString(ModelFact.DisplayName, model.DisplayName);
        Texts(ModelFact.Aliases, model.Aliases);
        Number(ModelFact.ContextTokens, model.ContextTokens);
        Number(ModelFact.MaxInputTokens, model.MaxInputTokens);
        Number(ModelFact.MaxOutputTokens, model.MaxOutputTokens);
        WriteModalities(ModelFact.InputModalities, model.InputModalities);
        WriteModalities(ModelFact.OutputModalities, model.OutputModalities);
        Texts("yes", [.. s_features.Where(feature => feature.Of(model) == Support.Yes).Select(feature => feature.Fact)]);
        Texts("no", [.. s_features.Where(feature => feature.Of(model) == Support.No).Select(feature => feature.Fact)]);
        WriteReasoning(model.ReasoningOptions);
        Number(ModelFact.EmbeddingDimensions, model.EmbeddingDimensions);
        Texts(ModelFact.MediaTypes, model.MediaTypes);
        WriteImageLimits(model.ImageLimits);
        WritePrice(model.Price);
        if (LifeCycleName(model.LifeCycle) is { } lifeCycle)
            _json.WriteString(ModelFact.LifeCycle, lifeCycle);
        if (model.Replacement is { } replacement)
            _json.WriteString(ModelFact.Replacement, replacement);
        Date(ModelFact.DeprecatedOn, model.DeprecatedOn);
        Date(ModelFact.EndOfLifeOn, model.EndOfLifeOn);
        Date(ModelFact.ReleasedOn, model.ReleasedOn);
        Date(ModelFact.KnowledgeCutoff, model.KnowledgeCutoff);
        _json.WriteString("source", _keys[model.Source]);
        WriteOtherSources(model);
        _json.WriteEndObject();
    }

    private void WriteOtherSources(ModelDescriptor model)
    {
        if (model.OtherSources.Count == 0)
            return;
        _json.WriteStartObject("sources");
        foreach (var facts in model.OtherSources.GroupBy(other => other.Value, other => other.Key))
            Texts(_keys[facts.Key], [.. facts]);
        _json.WriteEndObject();
    }

    private void WriteReasoning(ReasoningOptions? options)
    {
        if (options is null)
            return;
        _json.WriteStartObject(ModelFact.ReasoningOptions);
        Texts("efforts", options.Efforts);
        Number("min_budget_tokens", options.MinBudgetTokens);
        Number("max_budget_tokens", options.MaxBudgetTokens);
        if (options.CanBeOff != Support.Unknown)
            _json.WriteBoolean("can_be_off", options.CanBeOff == Support.Yes);
        _json.WriteEndObject();
    }

    private void WriteImageLimits(ImageLimits? limits)
    {
        if (limits is null)
            return;
        _json.WriteStartObject(ModelFact.ImageLimits);
        Number("max_images", limits.MaxImages);
        Number("max_bytes", limits.MaxBytes);
        Number("max_side_pixels", limits.MaxSidePixels);
        _json.WriteEndObject();
    }

    private void WritePrice(ModelPrice? price)
    {
        if (price is null)
            return;
        _json.WriteStartObject(ModelFact.Price);
        if (price.Currency != "USD")
            _json.WriteString("currency", price.Currency);
        Prices(price);
        if (price.Tiers.Count > 0)
        {
            _json.WriteStartArray("tiers");
            foreach (var tier in price.Tiers)
            {
                _json.WriteStartObject();
                Number("above_input_tokens", tier.AboveInputTokens);
                Prices(tier);
                _json.WriteEndObject();
            }
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }

    private void Prices(TokenPrices prices)
    {
        Price("input", prices.Input);
        Price("cached_input", prices.CachedInput);
        Price("cache_write", prices.CacheWrite);
        Price("cache_write_1h", prices.CacheWrite1h);
        Price("audio_input", prices.AudioInput);
        Price("cached_audio_input", prices.CachedAudioInput);
        Price("output", prices.Output);
        Price("reasoning", prices.Reasoning);
        Price("audio_output", prices.AudioOutput);
    }

    private void WriteModalities(string name, Modalities? modalities)
    {
        if (modalities is { } known)
            WriteArray(name, known == Modalities.None ? [] : ModalitiesText.Of(known).Split(", "));
    }

    private void WriteArray(string name, IReadOnlyList<string> texts)
    {
        _json.WriteStartArray(name);
        foreach (var text in texts)
            _json.WriteStringValue(text);
        _json.WriteEndArray();
    }

    private void Texts(string name, IReadOnlyList<string> texts)
    {
        if (texts.Count > 0)
            WriteArray(name, texts);
    }

    private void Number(string name, long? number)
    {
        if (number is { } known)
            _json.WriteNumber(name, known);
    }

    private void Price(string name, decimal? price)
    {
        if (price is { } known)
            _json.WriteNumber(name, known);
    }

    private void Date(string name, DateOnly? date)
    {
        if (date is { } known)
            _json.WriteString(name, known.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    private static string? LifeCycleName(LifeCycle lifeCycle) =>
        lifeCycle switch
        {
            LifeCycle.Active => "active",
            LifeCycle.Preview => "preview",
            LifeCycle.Deprecated => "deprecated",
            LifeCycle.EndOfLife => "end_of_life",
            _ => null,
        };
}
