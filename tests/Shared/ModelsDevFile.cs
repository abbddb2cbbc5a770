using System.Text.Json;

namespace Dossier.Tests;

/// <summary>
/// A file of the shape, the size and the faults of models.dev's <c>api.json</c> as of 2026-07-01, each fault as often as <see cref="Faults"/> and
/// the constants say. Always the same bytes.
/// </summary>
internal static class ModelsDevFile
{
    public const int Providers = 147;
    public const int Models = 5_276;

    /// <summary>Records of which the context is 0, or 99,999,999.</summary>
    public const int WithoutContext = 95;

    /// <summary>Records of which the output is 0, or 99,999,999.</summary>
    public const int WithoutOutput = 157;

    public const int WithoutPrice = 814;
    public const int WithoutStructuredOutput = 2_704;
    public const int WithMonthForDate = 168;
    public const int WithUntidyName = 13;
    public const int WithWrongAttachment = 347;

    /// <summary>Records with tiers, a quarter each of 200k, 256k, 272k and 512k; all of these call it <c>context_over_200k</c> as well.</summary>
    public const int WithTiers = 184;

    /// <summary>The records that cannot be used, by what is wrong with them; duplicates come beside the records that there are.</summary>
    public static IReadOnlyDictionary<ImportFault, int> Faults { get; } =
        new Dictionary<ImportFault, int>
        {
            [ImportFault.OutputAboveContext] = 84,
            [ImportFault.InputAboveContext] = 2,
            [ImportFault.ImpossibleDate] = 3,
            [ImportFault.NegativePrice] = 4,
            [ImportFault.NegativeLimit] = 3,
            [ImportFault.WrongType] = 6,
            [ImportFault.ImplausiblePrice] = 2,
            [ImportFault.DuplicateId] = 5,
        };

    public static byte[] Generate()
    {
        var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            for (var (provider, n) = (0, 0); provider < Providers; provider++)
            {
                json.WriteStartObject($"provider-{provider}");
                json.WriteString("id", $"provider-{provider}");
                json.WriteString("api", $"https://api.provider-{provider}.example/v1");
                json.WriteStartObject("models");
                for (var last = Models * (provider + 1) / Providers; n < last; n++)
                {
                    var record = new Record(n);
                    for (var times = record.Fault is ImportFault.DuplicateId ? 2 : 1; times > 0; times--)
                        record.Write(json);
                }
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    /// <summary>One record: what is wrong or odd about it is decided by its place in an order that spreads each kind over the file.</summary>
    private sealed class Record
    {
        private static readonly long[] s_thresholds = [200_000, 256_000, 272_000, 512_000];
        private readonly int _n;
        private readonly int _place;
        private readonly Random _random;

        public Record(int n)
        {
            (_n, _place, _random) = (n, n * 7_919 % Models, new(n));
            var end = 0;
            foreach (var (fault, count) in Faults)
            {
                if (_place >= end && _place < end + count)
                    Fault = fault;
                end += count;
            }
        }

        public ImportFault? Fault { get; }

        private string Id => $"family/model-{_n}";

        public void Write(Utf8JsonWriter json)
        {
            var reads = _random.Next(2) == 0 ? new[] { "text" } : ["text", "image"];
            json.WriteStartObject(Id);
            json.WriteString("id", Id);
            json.WriteString("name", Is(700, WithUntidyName) ? $"Model\u00a0 number {_n} " : $"Model number {_n}");
            json.WriteString("family", $"family-{_n % 90}");
            json.WriteBoolean("attachment", reads.Length > 1 != Is(800, WithWrongAttachment));
            json.WriteBoolean("reasoning", Flag());
            if (Fault is ImportFault.WrongType)
                json.WriteString("tool_call", "yes");
            else
                json.WriteBoolean("tool_call", Flag());
            if (!Is(Models - WithoutStructuredOutput, WithoutStructuredOutput))
                json.WriteBoolean("structured_output", Flag());
            json.WriteBoolean("temperature", true);
            json.WriteString("knowledge", "2025-03");
            json.WriteString(
                "release_date",
                Fault is ImportFault.ImpossibleDate ? (_n % 2 == 0 ? "2025-25-11" : "2025-02-31")
                    : Is(500, WithMonthForDate) ? "2025-08"
                    : "2025-08-07"
            );
            json.WriteString("last_updated", "2025-08-07");
            json.WriteBoolean("open_weights", Flag());
            json.WriteStartObject("modalities");
            Texts(json, "input", reads);
            Texts(json, "output", ["text"]);
            json.WriteEndObject();
            json.WriteStartArray("reasoning_options");
            json.WriteStartObject();
            json.WriteString("type", "effort");
            Texts(json, "values", ["low", "medium", "high"]);
            json.WriteEndObject();
            json.WriteEndArray();
            WriteLimits(json);
            WriteCost(json);
            json.WriteEndObject();
        }

        private void WriteLimits(Utf8JsonWriter json)
        {
            long context = 1 << _random.Next(13, 20);
            var output = Fault is ImportFault.OutputAboveContext ? context * 2 : context / 4;
            if (Is(450, 1))
                (context, output) = (99_999_999, 99_999_999);
            if (Is(200, WithoutContext - 1))
                context = 0;
            if (Is(294, WithoutOutput - 1))
                output = 0;
            json.WriteStartObject("limit");
            json.WriteNumber("context", Fault is ImportFault.NegativeLimit ? -context : context);
            if (Fault is ImportFault.InputAboveContext)
                json.WriteNumber("input", context + 1);
            json.WriteNumber("output", output);
            json.WriteEndObject();
        }

        private void WriteCost(Utf8JsonWriter json)
        {
            var price = _random.Next(1, 500) * 0.01m;
            // A third of those without a price say so by leaving it out, the others by 0.
            if (Is(1_400, WithoutPrice) && _n % 3 == 0)
                return;
            if (Is(1_400, WithoutPrice))
                price = 0;
            json.WriteStartObject("cost");
            json.WriteNumber("input", Fault is ImportFault.NegativePrice ? -price : price);
            json.WriteNumber("output", Fault is ImportFault.ImplausiblePrice ? 2_000_000 : price * 10);
            json.WriteNumber("cache_read", price / 10);
            if (Is(1_200, WithTiers))
            {
                json.WriteStartArray("tiers");
                WriteTier(json, price, s_thresholds[_place % s_thresholds.Length]);
                json.WriteEndArray();
                json.WritePropertyName("context_over_200k");
                WriteTier(json, price, null);
            }
            json.WriteEndObject();
        }

        private static void WriteTier(Utf8JsonWriter json, decimal price, long? threshold)
        {
            json.WriteStartObject();
            json.WriteNumber("input", price * 2);
            json.WriteNumber("output", price * 15);
            if (threshold is { } size)
            {
                json.WriteStartObject("tier");
                json.WriteString("type", "context");
                json.WriteNumber("size", size);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }

        private static void Texts(Utf8JsonWriter json, string name, string[] texts)
        {
            json.WriteStartArray(name);
            foreach (var text in texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
        }

        private bool Is(int first, int count) => _place >= first && _place < first + count;

        private bool Flag() => _random.Next(2) == 0;
    }
}
