using Dossier.Storage;

namespace Dossier;

/// <summary>Which response last answered with a text, for the latest few thousand; bounded so that a long session does not grow. Thread-safe.</summary>
internal sealed class RecentTexts
{
    private const int Capacity = 4096;

    private readonly Dictionary<ContentDigest, string> _responses = [];
    private readonly Queue<ContentDigest> _order = new();
    private readonly Lock _gate = new();

    /// <summary>Whether nothing has been forgotten yet.</summary>
    public bool HasAll { get; private set; } = true;

    public void Add(ContentDigest text, string responseId)
    {
        lock (_gate)
        {
            if (_responses.TryAdd(text, responseId))
                _order.Enqueue(text);
            else
                _responses[text] = responseId;
            if (_order.Count > Capacity)
            {
                _responses.Remove(_order.Dequeue());
                HasAll = false;
            }
        }
    }

    public string? Find(ContentDigest text)
    {
        lock (_gate)
            return _responses.GetValueOrDefault(text);
    }
}
