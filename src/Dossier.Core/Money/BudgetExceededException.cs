namespace Dossier;

/// <summary>A call was refused because its budget does not allow it; nothing was sent and nothing spent.</summary>
public sealed class BudgetExceededException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="limit">The name of the limit that stands against the call, for example <c>MaxCost</c>.</param>
    /// <param name="needed">The least that the call takes.</param>
    /// <param name="ledger">What was spent and set aside when it was refused.</param>
    /// <param name="message">Subject, value and remedy.</param>
    public BudgetExceededException(string limit, BudgetAmount needed, Storage.BudgetLedger ledger, string message)
        : base(message) => (Limit, Needed, Ledger) = (limit, needed, ledger);

    /// <summary>The name of the limit that stands against the call: a member of <see cref="Budget"/>.</summary>
    public string Limit { get; }

    /// <summary>The least that the call takes: its input and one token of output.</summary>
    public BudgetAmount Needed { get; }

    /// <summary>What was spent and set aside when it was refused, and the limits.</summary>
    public Storage.BudgetLedger Ledger { get; }
}
