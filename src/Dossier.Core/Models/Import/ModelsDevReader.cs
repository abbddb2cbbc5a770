using System.Text;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Reads the <c>api.json</c> of models.dev in one pass. A value that is not what it should be marks its record and is stepped over, so
/// that the next record is read whatever this one holds; only what is no JSON ends the reading.
/// </summary>
internal ref struct ModelsDevReader
{
    private const int LongestValue = 60;

    // What is above has lost its point, or is a trap for arithmetic.
    private const decimal HighestPrice = 1_000_000;

    // Where the same provider has another name there.
    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        ["alibaba"] = "dashscope",
        ["moonshotai"] = "moonshot",
        ["llama"] = "meta",
        ["azure"] = "azure-openai",
        ["togetherai"] = "together",
        ["lmstudio"] = "lm-studio",
    };

    private readonly FactSource _source;
    private readonly List<ModelDescriptor> _models = new(4096);
    private readonly List<SkippedModel> _skipped = [];
    private readonly Dictionary<string, HashSet<string>> _ids = new(StringComparer.OrdinalIgnoreCase);
    private Utf8JsonReader _json;
    private ModelsDevRecord _record;

    private ModelsDevReader(ReadOnlySpan<byte> json, FactSource source)
    {
        _json = new Utf8JsonReader(json);
        _source = source;
    }

    public static ModelImport Read(ReadOnlySpan<byte> json, FactSource source)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        var reader = new ModelsDevReader(json, source);
        try
        {
            reader.ReadFile();
        }
        catch (JsonException e)
        {
            throw new ModelCatalogueException(
                $"This is no model catalogue of {source.Name}, or not all of it: {e.Message} It has {json.Length:N0} bytes and begins with '{Beginning(json)}'. Fetch it again, whole, as api.json.",
                e
            );
        }
        return reader._models.Count > 0
            ? new(reader._models, reader._skipped)
            : throw new ModelCatalogueException(
                $"This is JSON, but no model catalogue of {source.Name}: no model in it can be used, and {reader._skipped.Count:N0} records were skipped"
                    + $"{(reader._skipped is [var first, ..] ? $", the first being {first}" : "")}. It begins with '{Beginning(json)}'. It has to be an object of providers with their models, as in api.json."
            );
    }

    private void ReadFile()
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
            _json.Skip();
        else
        {
            while (NextProperty())
                ReadProvider(Text(_json) ?? "");
        }
        // Something behind the end would be a sign that the file is not what it seems.
        _json.Read();
    }

    private void ReadProvider(string provider)
    {
        if (!Enter(JsonTokenType.StartObject))
        {
            _skipped.Add(new(provider, null, ImportFault.WrongType, Shown("provider")));
            _json.Skip();
            return;
        }
        var name = s_names.GetValueOrDefault(provider.Trim(), provider.Trim());
        while (NextProperty())
        {
            if (!_json.ValueTextEquals("models"u8))
                _json.Skip();
            else if (Enter(JsonTokenType.StartObject))
                ReadModels(provider, name);
            else
            {
                _skipped.Add(new(provider, null, ImportFault.WrongType, Shown("models")));
                _json.Skip();
            }
        }
    }

    private void ReadModels(string provider, string name)
    {
        // Two names of one provider, or the same name twice, are one provider.
        if (!_ids.TryGetValue(name, out var ids))
            _ids[name] = ids = new(StringComparer.OrdinalIgnoreCase);
        while (NextProperty())
        {
            var key = Text(_json);
            _record = new ModelsDevRecord { Id = key };
            if (Enter(JsonTokenType.StartObject))
                ReadRecord();
            else
                Fault(ImportFault.WrongType, "model");
            if (string.IsNullOrWhiteSpace(_record.Id) || name.Length == 0)
                _record.Fault ??= (ImportFault.WrongType, $"id = '{_record.Id}'");
            if ((_record.Fault ?? _record.Contradiction) is { } fault)
                _skipped.Add(new(provider, key, fault.Reason, fault.Value));
            else if (ids.Add(_record.Id!))
                _models.Add(_record.ToDescriptor(name, _source));
            else
                _skipped.Add(new(provider, key, ImportFault.DuplicateId, $"id = '{_record.Id}'"));
        }
    }

    private void ReadRecord()
    {
        _record.LifeCycle = LifeCycle.Active;
        while (NextProperty())
        {
            switch (_json.ValueSpan.Length)
            {
                case 2 when Is("id"u8):
                    _record.Id = String("id")?.Trim();
                    break;
                case 4 when Is("name"u8):
                    _record.Name = Spaced(String("name"));
                    break;
                case 4 when Is("cost"u8):
                    ReadCost();
                    break;
                case 5 when Is("limit"u8):
                    ReadLimits();
                    break;
                case 6 when Is("status"u8):
                    _record.LifeCycle = String("status") == "deprecated" ? LifeCycle.Deprecated : LifeCycle.Preview;
                    break;
                case 9 when Is("tool_call"u8):
                    _record.Tools = Flag("tool_call");
                    break;
                case 9 when Is("reasoning"u8):
                    _record.Reasoning = Flag("reasoning");
                    break;
                case 9 when Is("knowledge"u8):
                    _record.KnowledgeCutoff = Date("knowledge");
                    break;
                case 10 when Is("modalities"u8):
                    ReadModalities();
                    break;
                case 11 when Is("temperature"u8):
                    _record.Temperature = Flag("temperature");
                    break;
                case 12 when Is("release_date"u8):
                    _record.ReleasedOn = Date("release_date");
                    break;
                case 17 when Is("structured_output"u8):
                    _record.StructuredOutput = Flag("structured_output");
                    break;
                case 17 when Is("reasoning_options"u8):
                    ReadReasoningOptions();
                    break;
                default:
                    _json.Skip();
                    break;
            }
        }
    }

    private void ReadLimits()
    {
        if (!EnterOrFault(JsonTokenType.StartObject, "limit"))
            return;
        while (NextProperty())
        {
            if (Is("context"u8))
                _record.Context = Limit("limit.context");
            else if (Is("input"u8))
                _record.MaxInput = Limit("limit.input");
            else if (Is("output"u8))
                _record.MaxOutput = Limit("limit.output");
            else
                _json.Skip();
        }
    }

    private void ReadModalities()
    {
        if (!EnterOrFault(JsonTokenType.StartObject, "modalities"))
            return;
        while (NextProperty())
        {
            if (Is("input"u8))
                _record.Reads = ModalityList("modalities.input");
            else if (Is("output"u8))
                _record.Writes = ModalityList("modalities.output");
            else
                _json.Skip();
        }
    }

    private Modalities? ModalityList(string name)
    {
        if (!EnterOrFault(JsonTokenType.StartArray, name))
            return null;
        var modalities = Modalities.None;
        while (NextItem())
        {
            if (_json.TokenType != JsonTokenType.String)
                Fault(ImportFault.WrongType, name);
            else
                modalities |= ModalitiesText.Parse(_json.ValueSpan);
        }
        return modalities;
    }

    private void ReadReasoningOptions()
    {
        if (!EnterOrFault(JsonTokenType.StartArray, "reasoning_options"))
            return;
        var options = new ReasoningOptions();
        while (NextItem())
        {
            if (_json.TokenType != JsonTokenType.StartObject)
            {
                Fault(ImportFault.WrongType, "reasoning_options");
                continue;
            }
            while (NextProperty())
            {
                if (Is("values"u8))
                    options = options with { Efforts = Efforts() };
                else if (Is("min"u8))
                    options = options with { MinBudgetTokens = Limit("reasoning_options.min") };
                else if (Is("max"u8))
                    options = options with { MaxBudgetTokens = Limit("reasoning_options.max") };
                else if (Is("type"u8) && String("reasoning_options.type") == "toggle")
                    options = options with { CanBeOff = Support.Yes };
                else
                    _json.Skip();
            }
        }
        if (options != new ReasoningOptions())
            _record.ReasoningOptions = options;
    }

    private string[] Efforts()
    {
        if (!EnterOrFault(JsonTokenType.StartArray, "reasoning_options.values"))
            return [];
        var efforts = new List<string>(6);
        while (NextItem())
        {
            // A null stands for "say nothing", which is no effort.
            if (_json.TokenType == JsonTokenType.String && Text(_json) is { } effort)
                efforts.Add(effort);
            else if (_json.TokenType != JsonTokenType.Null)
                Fault(ImportFault.WrongType, "reasoning_options.values");
        }
        return [.. efforts];
    }

    private void ReadCost()
    {
        if (!EnterOrFault(JsonTokenType.StartObject, "cost"))
            return;
        var prices = new CataloguePrices();
        while (NextProperty())
        {
            if (Is("tiers"u8))
                prices.Tiers = ReadTiers();
            else if (!Is("context_over_200k"u8))
                ReadPrice(ref prices);
            else if (EnterOrFault(JsonTokenType.StartObject, "cost.context_over_200k"))
                _record.Above200k = ReadTier(200_000);
        }
        _record.Prices = prices;
    }

    private List<ModelPriceTier>? ReadTiers()
    {
        if (!EnterOrFault(JsonTokenType.StartArray, "cost.tiers"))
            return null;
        var tiers = new List<ModelPriceTier>();
        while (NextItem())
        {
            if (_json.TokenType != JsonTokenType.StartObject)
                Fault(ImportFault.WrongType, "cost.tiers");
            else if (ReadTier(0) is { AboveInputTokens: > 0 } tier)
                tiers.Add(tier);
        }
        return tiers;
    }

    /// <summary>A tier, in which the reader stands; its threshold is 0 when it is not one of the context.</summary>
    private ModelPriceTier ReadTier(long above)
    {
        var prices = new CataloguePrices { AboveInputTokens = above };
        while (NextProperty())
        {
            if (!Is("tier"u8))
                ReadPrice(ref prices);
            else if (EnterOrFault(JsonTokenType.StartObject, "cost.tiers.tier"))
                prices.AboveInputTokens = Threshold();
        }
        return prices.ToTier();
    }

    private long Threshold()
    {
        var (size, isContext) = ((long?)0, true);
        while (NextProperty())
        {
            if (Is("size"u8))
                size = Limit("cost.tiers.tier.size");
            else if (Is("type"u8))
                isContext = String("cost.tiers.tier.type") == "context";
            else
                _json.Skip();
        }
        return isContext ? size ?? 0 : 0;
    }

    /// <summary>Reads a price where the property is one. Of a cache and of sound, 0 says that there is no price of its own.</summary>
    private void ReadPrice(ref CataloguePrices prices)
    {
        if (Is("input"u8))
            prices.Input = Price("cost.input");
        else if (Is("output"u8))
            prices.Output = Price("cost.output");
        else if (Is("cache_read"u8))
            prices.CachedInput = Price("cost.cache_read") is > 0 and var read ? read : null;
        else if (Is("cache_write"u8))
            prices.CacheWrite = Price("cost.cache_write") is > 0 and var write ? write : null;
        else if (Is("reasoning"u8))
            prices.Reasoning = Price("cost.reasoning") is > 0 and var reasoning ? reasoning : null;
        else if (Is("input_audio"u8))
            prices.AudioInput = Price("cost.input_audio") is > 0 and var heard ? heard : null;
        else if (Is("output_audio"u8))
            prices.AudioOutput = Price("cost.output_audio") is > 0 and var spoken ? spoken : null;
        else
            _json.Skip();
    }

    private decimal? Price(string name)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetDecimal(out var price))
        {
            if (price < 0)
                Fault(ImportFault.NegativePrice, name);
            else if (price > HighestPrice)
                Fault(ImportFault.ImplausiblePrice, name);
            return price;
        }
        return NullOrFault<decimal>(name);
    }

    private long? Limit(string name)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var limit))
        {
            if (limit < 0)
                Fault(ImportFault.NegativeLimit, name);
            return limit;
        }
        return NullOrFault<long>(name);
    }

    private Support Flag(string name)
    {
        _json.Read();
        if (_json.TokenType is JsonTokenType.True or JsonTokenType.False)
            return _json.TokenType == JsonTokenType.True ? Support.Yes : Support.No;
        NullOrFault<bool>(name);
        return Support.Unknown;
    }

    /// <summary>A day; the first of the month or of the year where only these are given.</summary>
    private DateOnly? Date(string name)
    {
        if (String(name) is not { } text)
            return null;
        if (CalendarDate.TryParse(text, out var date))
            return date;
        Fault(ImportFault.ImpossibleDate, name);
        return null;
    }

    private string? String(string name)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.String && Text(_json) is { } text)
            return text;
        NullOrFault<bool>(name);
        return null;
    }

    private T? NullOrFault<T>(string name)
        where T : struct
    {
        if (_json.TokenType != JsonTokenType.Null)
            Fault(ImportFault.WrongType, name);
        return null;
    }

    /// <summary>Marks the record, unless it is marked already, and steps over the value.</summary>
    private void Fault(ImportFault reason, string name)
    {
        _record.Fault ??= (reason, Shown(name));
        _json.Skip();
    }

    private bool EnterOrFault(JsonTokenType start, string name)
    {
        if (Enter(start))
            return true;
        if (_json.TokenType != JsonTokenType.Null)
            Fault(ImportFault.WrongType, name);
        return false;
    }

    private bool Enter(JsonTokenType start) => _json.Read() && _json.TokenType == start;

    private bool NextProperty() => _json.Read() && _json.TokenType == JsonTokenType.PropertyName;

    private bool NextItem() => _json.Read() && _json.TokenType != JsonTokenType.EndArray;

    private readonly bool Is(ReadOnlySpan<byte> word) => _json.ValueSpan.SequenceEqual(word);

    private readonly string Shown(string name) =>
        _json.TokenType switch
        {
            JsonTokenType.StartObject => $"{name} is an object",
            JsonTokenType.StartArray => $"{name} is a list",
            JsonTokenType.String => $"{name} = '{Beginning(_json.ValueSpan)}'",
            _ => $"{name} = {Beginning(_json.ValueSpan)}",
        };

    /// <summary>Null when the bytes are no UTF-8.</summary>
    private static string? Text(in Utf8JsonReader json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Beginning(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, LongestValue)]).ReplaceLineEndings(" ");
        var shown = string.Concat(text.Where(c => !char.IsControl(c)));
        return bytes.Length > LongestValue ? shown + "…" : shown;
    }

    /// <summary>Without white space at its ends and with one space wherever there is some within.</summary>
    private static string? Spaced(string? name)
    {
        if (
            name is null
            || (
                !name.StartsWith(' ')
                && !name.EndsWith(' ')
                && !name.AsSpan().ContainsAny("\t\r\n\u00A0")
                && !name.Contains("  ", StringComparison.Ordinal)
            )
        )
            return name;
        return string.Join(' ', name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
