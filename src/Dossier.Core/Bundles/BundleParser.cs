using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>Reads the records of a bundle from their lines.</summary>
/// <param name="bundle">What messages call it.</param>
internal sealed class BundleParser(string bundle)
{
    private static readonly (string Kind, byte[] Before)[] Kinds =
    [
        .. BundleLines.All.Select(kind => (kind, Encoding.ASCII.GetBytes(BundleLines.Before(kind)))),
    ];

    private readonly List<ArtifactRecord> _artifacts = [];
    private readonly List<TrackedResponse> _responses = [];
    private readonly List<StepRecord> _steps = [];
    private readonly List<ConversationCopy> _conversations = [];
    private List<List<MessageRecord>>? _runs;
    private SessionInfo? _session;
    private BudgetAmount? _spent;
    private int _last;

    /// <exception cref="BundleException">A line is no record, or in the wrong place.</exception>
    public BundleRecords Parse(ReadOnlySpan<byte> lines)
    {
        for (var number = 1; !lines.IsEmpty; number++)
        {
            var end = lines.IndexOf((byte)'\n');
            if (end < 0)
                throw Refused(number, "has no end");
            Parse(lines[..end], number);
            lines = lines[(end + 1)..];
        }
        if (_session is null || _spent is null)
            throw BundleException.Refused(bundle, BundleLayout.RecordsName, "has no session");
        return new()
        {
            Session = _session,
            Settled = _spent,
            Artifacts = _artifacts,
            Responses = _responses,
            Steps = _steps,
            Conversations = _conversations,
        };
    }

    private void Parse(ReadOnlySpan<byte> line, int number)
    {
        var kind = 0;
        while (kind < Kinds.Length && !line.StartsWith(Kinds[kind].Before))
            kind++;
        if (kind == Kinds.Length || line[^1] != '}')
            throw Refused(number, "is no record that is known");
        CheckOrder(kind, number);
        _last = kind;
        var json = line[Kinds[kind].Before.Length..^1];
        try
        {
            CheckNulls(json);
            Add(Kinds[kind].Kind, json);
        }
        catch (Exception e)
            when (e is JsonException or FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw Refused(number, $"cannot be read as the record of a kind '{Kinds[kind].Kind}'", e);
        }
    }

    private void CheckOrder(int kind, int number)
    {
        var message = Kinds.Length - 1;
        var isInPlace = (kind, number) switch
        {
            (0, 1) or (1, 2) => true,
            (< 2, _) or (_, < 3) => false,
            _ when kind == message => _last >= message - 1,
            _ => kind >= _last || (kind == message - 1 && _last == message),
        };
        if (!isInPlace)
            throw Refused(number, $"is not where a line '{Kinds[kind].Kind}' belongs");
    }

    private void Add(string kind, ReadOnlySpan<byte> json)
    {
        switch (kind)
        {
            case BundleLines.Session:
                _session = RecordJson.DecodeSession(json);
                break;
            case BundleLines.Spent:
                _spent = JsonSerializer.Deserialize(json, RecordJson.Shapes.BudgetAmount) ?? throw new JsonException("Sums, not null.");
                break;
            case BundleLines.Artifact:
                _artifacts.Add(RecordJson.DecodeArtifact(json));
                break;
            case BundleLines.Response:
                _responses.Add(RecordJson.DecodeResponse(json));
                break;
            case BundleLines.Step:
                _steps.Add(RecordJson.DecodeStep(json));
                break;
            case BundleLines.Conversation:
                var conversation = JsonSerializer.Deserialize(json, RecordJson.Shapes.ConversationShape);
                _conversations.Add(new((conversation ?? throw new JsonException("A conversation, not null.")).ToRecord(), _runs = []));
                break;
            default:
                var message = JsonSerializer.Deserialize(json, RecordJson.Shapes.MessageShape);
                Add((message ?? throw new JsonException("A message, not null.")).ToRecord());
                break;
        }
    }

    /// <summary>Records leave out what they do not have; only metadata has a null that says something.</summary>
    private static void CheckNulls(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.Null)
                throw new JsonException("There is a null where a record has a value or nothing.");
            else if (reader.TokenType is JsonTokenType.PropertyName && reader.ValueTextEquals("metadata"u8))
                reader.Skip();
    }

    private void Add(MessageRecord message)
    {
        if (_runs is [.., var last] && last[0].Id.Run == message.Id.Run)
            last.Add(message);
        else
            _runs!.Add([message]);
    }

    private BundleException Refused(int line, string problem, Exception? inner = null) =>
        BundleException.Refused(bundle, BundleLayout.RecordsName, $"cannot be read: line {line} {problem}", inner);
}
