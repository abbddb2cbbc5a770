using System.Text;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Reads a catalogue file (schema 1) in one pass, or a part of one. By hand, because the first question to a registry waits for
/// it; property names are told apart by length first. What it does not know it skips, so that a newer file can be read.
/// </summary>
internal ref struct CatalogueReader
{
    /// <summary>The schema that this version reads and writes.</summary>
    public const int Schema = 1;

    private static readonly byte[][] s_factNames = Array.ConvertAll(ModelFact.Names, Encoding.UTF8.GetBytes);

    private readonly Dictionary<string, FactSource> _sources;
    private Utf8JsonReader _json;
    private string _lastProvider = "";
    private int _schema;
    private DateOnly _date;

    private CatalogueReader(ReadOnlySpan<byte> json, Dictionary<string, FactSource> sources)
    {
        _json = new Utf8JsonReader(json);
        _sources = sources;
    }

    /// <summary>The date and the models of a catalogue file, in its order.</summary>
    /// <exception cref="FormatException">It is no such file, or of another schema.</exception>
    public static ModelSnapshot Read(ReadOnlySpan<byte> json)
    {
        var reader = new CatalogueReader(json, []);
        try
        {
            return reader.ReadFile();
        }
        catch (Exception e) when (IsFormat(e))
        {
            throw NoCatalogue(e);
        }
    }

    /// <summary>Reads what stands before the models of a catalogue file.</summary>
    /// <param name="json">The file.</param>
    /// <param name="sources">Gets the sources.</param>
    /// <returns>The date, and where the list of models begins.</returns>
    /// <exception cref="FormatException">It is no such file, or of another schema.</exception>
    public static (DateOnly Date, int Models) ReadHead(ReadOnlySpan<byte> json, Dictionary<string, FactSource> sources)
    {
        var reader = new CatalogueReader(json, sources);
        try
        {
            reader._json.Read();
            if (reader.ReadHead())
                reader._json.Read();
            reader.ThrowUnlessReadable();
            return (reader._date, (int)reader._json.BytesConsumed);
        }
        catch (Exception e) when (IsFormat(e))
        {
            throw NoCatalogue(e);
        }
    }

    /// <summary>Reads the record of one model.</summary>
    /// <param name="json">The record.</param>
    /// <param name="sources">The sources of the file.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static ModelDescriptor ReadModel(ReadOnlySpan<byte> json, Dictionary<string, FactSource> sources)
    {
        var reader = new CatalogueReader(json, sources);
        try
        {
            reader._json.Read();
            return reader.ReadModel();
        }
        catch (Exception e) when (IsFormat(e))
        {
            throw NoCatalogue(e);
        }
    }

    private ModelSnapshot ReadFile()
    {
        var models = new List<ModelDescriptor>(256);
        _json.Read();
        while (ReadHead())
        {
            _json.Read();
            while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
                models.Add(ReadModel());
        }
        ThrowUnlessReadable();
        return new(_date, models);
    }

    /// <summary>Reads what stands beside the models; false when there is no more, true at the models.</summary>
    private bool ReadHead()
    {
        while (NextProperty())
        {
            if (Is("models"u8))
                return true;
            if (Is("schema"u8))
                _schema = Value().GetInt32();
            else if (Is("date"u8))
                _date = Date();
            else if (Is("sources"u8))
                ReadSources();
            else
                _json.Skip();
        }
        return false;
    }

    private readonly void ThrowUnlessReadable()
    {
        if (_schema != Schema)
            throw new FormatException($"The model catalogue has schema {_schema}; this version of Dossier reads schema {Schema}.");
    }

    private static bool IsFormat(Exception e) => e is JsonException or InvalidOperationException or KeyNotFoundException;

    private static FormatException NoCatalogue(Exception e) => new($"This is no model catalogue of schema {Schema}: {e.Message}", e);

    private void ReadSources()
    {
        _json.Read();
        while (NextProperty())
        {
            var key = _json.GetString()!;
            string? name = null;
            DateOnly? date = null;
            _json.Read();
            while (NextProperty())
            {
                if (Is("name"u8))
                    name = Text();
                else if (Is("date"u8))
                    date = Date();
                else
                    _json.Skip();
            }
            _sources[key] = new FactSource(name ?? key, date);
        }
    }

    private ModelDescriptor ReadModel()
    {
        var model = new CatalogueEntry();
        while (NextProperty())
        {
            switch (_json.ValueSpan.Length)
            {
                case 2 when Is("id"u8):
                    model.Id = Text();
                    break;
                case 2 when Is("no"u8):
                    ReadFeatures(ref model, Support.No);
                    break;
                case 3 when Is("yes"u8):
                    ReadFeatures(ref model, Support.Yes);
                    break;
                case 5 when Is("price"u8):
                    _json.Read();
                    model.Prices = ReadPrices();
                    break;
                case 6 when Is("source"u8):
                    model.Source = Source();
                    break;
                case 7 when Is("aliases"u8):
                    model.Aliases = Texts();
                    break;
                case 7 when Is("sources"u8):
                    ReadOtherSources(ref model);
                    break;
                case 8 when Is("provider"u8):
                    model.Provider = Provider();
                    break;
                case 10 when Is("life_cycle"u8):
                    model.LifeCycle = ReadLifeCycle();
                    break;
                case 11 when Is("released_on"u8):
                    model.ReleasedOn = Date();
                    break;
                case 11 when Is("media_types"u8):
                    model.MediaTypes = Texts();
                    break;
                case 11 when Is("replacement"u8):
                    model.Replacement = Text();
                    break;
                case 12 when Is("display_name"u8):
                    model.DisplayName = Text();
                    break;
                case 12 when Is("image_limits"u8):
                    model.ImageLimits = ReadImageLimits();
                    break;
                case 13 when Is("deprecated_on"u8):
                    model.DeprecatedOn = Date();
                    break;
                case 14 when Is("end_of_life_on"u8):
                    model.EndOfLifeOn = Date();
                    break;
                case 14 when Is("context_tokens"u8):
                    model.ContextTokens = Value().GetInt64();
                    break;
                case 16 when Is("max_input_tokens"u8):
                    model.MaxInputTokens = Value().GetInt64();
                    break;
                case 16 when Is("input_modalities"u8):
                    model.InputModalities = ReadModalities();
                    break;
                case 16 when Is("knowledge_cutoff"u8):
                    model.KnowledgeCutoff = Date();
                    break;
                case 17 when Is("max_output_tokens"u8):
                    model.MaxOutputTokens = Value().GetInt64();
                    break;
                case 17 when Is("output_modalities"u8):
                    model.OutputModalities = ReadModalities();
                    break;
                case 17 when Is("reasoning_options"u8):
                    model.ReasoningOptions = ReadReasoningOptions();
                    break;
                case 20 when Is("embedding_dimensions"u8):
                    model.EmbeddingDimensions = Value().GetInt32();
                    break;
                default:
                    _json.Skip();
                    break;
            }
        }
        return model.ToDescriptor();
    }

    private void ReadFeatures(ref CatalogueEntry model, Support support)
    {
        _json.Read();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            switch (FactName())
            {
                case ModelFact.Tools:
                    model.Tools = support;
                    break;
                case ModelFact.StructuredOutput:
                    model.StructuredOutput = support;
                    break;
                case ModelFact.JsonMode:
                    model.JsonMode = support;
                    break;
                case ModelFact.Reasoning:
                    model.Reasoning = support;
                    break;
                case ModelFact.Streaming:
                    model.Streaming = support;
                    break;
                case ModelFact.SystemPrompt:
                    model.SystemPrompt = support;
                    break;
                case ModelFact.Temperature:
                    model.Temperature = support;
                    break;
                case ModelFact.TopP:
                    model.TopP = support;
                    break;
                case ModelFact.Penalties:
                    model.Penalties = support;
                    break;
                case ModelFact.StopSequences:
                    model.StopSequences = support;
                    break;
                case ModelFact.ShorterEmbeddings:
                    model.ShorterEmbeddings = support;
                    break;
                case ModelFact.PromptCaching:
                    model.PromptCaching = support;
                    break;
                case ModelFact.Embeddings:
                    model.Embeddings = support;
                    break;
            }
        }
    }

    private ReasoningOptions ReadReasoningOptions()
    {
        string[] efforts = [];
        var (least, most, canBeOff) = ((long?)null, (long?)null, Support.Unknown);
        _json.Read();
        while (NextProperty())
        {
            if (Is("efforts"u8))
                efforts = Texts();
            else if (Is("min_budget_tokens"u8))
                least = Value().GetInt64();
            else if (Is("max_budget_tokens"u8))
                most = Value().GetInt64();
            else if (Is("can_be_off"u8))
                canBeOff = Value().GetBoolean() ? Support.Yes : Support.No;
            else
                _json.Skip();
        }
        return new()
        {
            Efforts = efforts,
            MinBudgetTokens = least,
            MaxBudgetTokens = most,
            CanBeOff = canBeOff,
        };
    }

    private ImageLimits ReadImageLimits()
    {
        var (images, bytes, pixels) = ((int?)null, (long?)null, (int?)null);
        _json.Read();
        while (NextProperty())
        {
            if (Is("max_images"u8))
                images = Value().GetInt32();
            else if (Is("max_bytes"u8))
                bytes = Value().GetInt64();
            else if (Is("max_side_pixels"u8))
                pixels = Value().GetInt32();
            else
                _json.Skip();
        }
        return new()
        {
            MaxImages = images,
            MaxBytes = bytes,
            MaxSidePixels = pixels,
        };
    }

    private CataloguePrices ReadPrices()
    {
        var prices = new CataloguePrices();
        while (NextProperty())
        {
            if (Is("input"u8))
                prices.Input = Value().GetDecimal();
            else if (Is("output"u8))
                prices.Output = Value().GetDecimal();
            else if (Is("cached_input"u8))
                prices.CachedInput = Value().GetDecimal();
            else if (Is("cache_write"u8))
                prices.CacheWrite = Value().GetDecimal();
            else if (Is("cache_write_1h"u8))
                prices.CacheWrite1h = Value().GetDecimal();
            else if (Is("reasoning"u8))
                prices.Reasoning = Value().GetDecimal();
            else if (Is("audio_input"u8))
                prices.AudioInput = Value().GetDecimal();
            else if (Is("cached_audio_input"u8))
                prices.CachedAudioInput = Value().GetDecimal();
            else if (Is("audio_output"u8))
                prices.AudioOutput = Value().GetDecimal();
            else if (Is("currency"u8))
                prices.Currency = Text();
            else if (Is("above_input_tokens"u8))
                prices.AboveInputTokens = Value().GetInt64();
            else if (Is("tiers"u8))
                prices.Tiers = ReadTiers();
            else
                _json.Skip();
        }
        return prices;
    }

    private List<ModelPriceTier> ReadTiers()
    {
        List<ModelPriceTier> tiers = [];
        _json.Read();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            tiers.Add(ReadPrices().ToTier());
        return tiers;
    }

    private void ReadOtherSources(ref CatalogueEntry model)
    {
        var others = new List<KeyValuePair<string, FactSource>>(8);
        _json.Read();
        while (NextProperty())
        {
            var source = _sources[_json.GetString()!];
            _json.Read();
            while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            {
                if (FactName() is not { } fact)
                    continue;
                others.Add(new(fact, source));
                if (fact is ModelFact.Price)
                    model.PriceSource = source;
            }
        }
        model.OtherSources = [.. others];
    }

    private Modalities ReadModalities()
    {
        var modalities = Modalities.None;
        _json.Read();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            modalities |= ModalitiesText.Parse(_json.ValueSpan);
        return modalities;
    }

    private LifeCycle ReadLifeCycle()
    {
        _json.Read();
        return Is("active"u8) ? LifeCycle.Active
            : Is("preview"u8) ? LifeCycle.Preview
            : Is("deprecated"u8) ? LifeCycle.Deprecated
            : Is("end_of_life"u8) ? LifeCycle.EndOfLife
            : LifeCycle.Unknown;
    }

    /// <summary>The constant for the fact that the current token names, so that no string is made for it; null for one that is not known.</summary>
    private readonly string? FactName()
    {
        var length = _json.ValueSpan.Length;
        for (var i = 0; i < s_factNames.Length; i++)
        {
            if (s_factNames[i].Length == length && Is(s_factNames[i]))
                return ModelFact.Names[i];
        }
        return null;
    }

    /// <summary>Compares bytes: no word of the schema needs escaping.</summary>
    private readonly bool Is(ReadOnlySpan<byte> word) => _json.ValueSpan.SequenceEqual(word);

    /// <summary>The models stand in the order of their providers, so that most share the string of the one before.</summary>
    private string Provider()
    {
        _json.Read();
        return _json.ValueTextEquals(_lastProvider) ? _lastProvider : _lastProvider = _json.GetString()!;
    }

    private FactSource Source()
    {
        _json.Read();
        return _sources[_json.GetString()!];
    }

    private string Text()
    {
        _json.Read();
        return _json.GetString()!;
    }

    private string[] Texts()
    {
        List<string> texts = [];
        _json.Read();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            texts.Add(_json.GetString()!);
        return [.. texts];
    }

    private DateOnly Date() => DateOnly.FromDateTime(Value().GetDateTime());

    private Utf8JsonReader Value()
    {
        _json.Read();
        return _json;
    }

    private bool NextProperty() => _json.Read() && _json.TokenType == JsonTokenType.PropertyName;
}
