using System.Runtime.CompilerServices;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Holds a part of the budget for each model call: taken with the commit that says the call is about to leave, settled with the one that says
/// how it ended. Inside of retries, failover and function invocation, whose attempts each need their own.
/// </summary>
internal sealed class BudgetChatClient(IChatClient innerClient, ModelReference model, SessionBudget budget, StoreServices services)
    : DelegatingChatClient(innerClient)
{
    // Fewer characters to a token than prose has, so that what arrived is not underestimated.
    private const int CharactersPerToken = 3;

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var own = (CallOptions)options!;
        if (!Applies(own))
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        for (var isRepeated = false; ; isRepeated = true)
        {
            var limited = await BeginAsync(sent, own, isRepeated, cancellationToken).ConfigureAwait(false);
            try
            {
                var response = await base.GetResponseAsync(sent, limited.Options, cancellationToken).ConfigureAwait(false);
                foreach (var message in response.Messages)
                    limited.Saw(message.Contents);
                limited.HasAnswered = true;
                return response;
            }
            catch (ConflictException conflict) when (limited.WasRefused(conflict))
            {
                // Somebody was faster.
            }
            finally
            {
                await limited.EndAsync().ConfigureAwait(false);
            }
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var own = (CallOptions)options!;
        if (!Applies(own))
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
                yield return update;
            yield break;
        }
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        for (var isRepeated = false; ; isRepeated = true)
        {
            var limited = await BeginAsync(sent, own, isRepeated, cancellationToken).ConfigureAwait(false);
            IAsyncEnumerator<ChatResponseUpdate>? stream = null;
            var wasRefused = false;
            try
            {
                while (true)
                {
                    try
                    {
                        stream ??= base.GetStreamingResponseAsync(sent, limited.Options, cancellationToken)
                            .GetAsyncEnumerator(cancellationToken);
                        if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        {
                            limited.HasAnswered = true;
                            break;
                        }
                    }
                    catch (ConflictException conflict) when (limited.WasRefused(conflict))
                    {
                        wasRefused = true;
                        break;
                    }
                    limited.Saw(stream.Current.Contents);
                    yield return stream.Current;
                }
            }
            finally
            {
                try
                {
                    if (stream is not null)
                        await stream.DisposeAsync().ConfigureAwait(false);
                }
                finally
                {
                    await limited.EndAsync().ConfigureAwait(false);
                }
            }
            if (!wasRefused)
                yield break;
        }
    }

    private bool Applies(CallOptions options) => (options.MaxCost ?? options.MaxTokens) is not null || budget.Applies(null);

    private async ValueTask<LimitedCall> BeginAsync(
        IReadOnlyList<ChatMessage> messages,
        CallOptions options,
        bool isRepeated,
        CancellationToken cancellationToken
    )
    {
        var call = options.Call;
        var admission = await budget
            .AdmitAsync(call.ResponseId, model, messages, options, isRepeated, cancellationToken)
            .ConfigureAwait(false);
        return new(budget, call, admission, options, services);
    }

    /// <summary>One model call between its hold and its settlement.</summary>
    private sealed class LimitedCall
    {
        private readonly SessionBudget _budget;
        private readonly TrackedCall _call;
        private readonly Admission? _admission;
        private readonly StoreServices _services;
        private long _characters;
        private bool _callsTools;
        private bool _hasEnded;

        public LimitedCall(SessionBudget budget, TrackedCall call, Admission? admission, CallOptions options, StoreServices services)
        {
            (_budget, _call, _admission, _services, Options) = (budget, call, admission, services, options);
            if (admission is null)
                return;
            call.Ledger.Held = admission.Hold.Amount;
            if (admission.OutputCap is { } cap)
            {
                Options = (CallOptions)options.Clone();
                Options.MaxOutputTokens = Options.OutputCap = cap;
            }
            // Unless nothing is sent after all: then the next commit is of something else.
            call.Amend(
                commit => _hasEnded ? commit : commit with { Holds = [.. commit.Holds, admission.Hold] },
                isWritten =>
                {
                    admission.IsHeld |= isWritten && !_hasEnded;
                    admission.Leave();
                    return default;
                }
            );
        }

        public CallOptions Options { get; }

        /// <summary>Whether the model said all that it had to say.</summary>
        public bool HasAnswered { get; set; }

        public bool WasRefused(ConflictException conflict) => conflict.Guard is "budget" && _admission is { IsHeld: false };

        public void Saw(IEnumerable<AIContent> contents)
        {
            foreach (var content in contents)
            {
                switch (content)
                {
                    case TextContent text:
                        _characters += text.Text.Length;
                        break;
                    case TextReasoningContent text:
                        _characters += text.Text.Length;
                        break;
                    case FunctionCallContent call:
                        _callsTools = true;
                        _characters += call.Name.Length;
                        foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
                            _characters += name.Length + (value?.ToString()?.Length ?? 0);
                        break;
                }
            }
        }

        public async ValueTask EndAsync()
        {
            _hasEnded = true;
            _call.Ledger.Held = null;
            if (_admission is null)
                return;
            _admission.Leave();
            if (!_admission.IsHeld)
                return;
            var arrived = (_characters + CharactersPerToken - 1) / CharactersPerToken;
            var attempts = _call.Ledger.TakeUnsettled();
            var settlement = new BudgetSettlement
            {
                HoldId = _admission.Hold.Id,
                Amount = Spending.Of(attempts, _admission.Need, _admission.Hold.Amount, arrived),
            };
            if (_admission.Hold.Amount is var held && (settlement.Amount.Cost > held.Cost || settlement.Amount.Tokens > held.Tokens))
                Log.HoldOverrun(
                    _services.Logger,
                    _call.ResponseId,
                    _services.NameOf(_admission.Need.Model),
                    settlement.Amount.ToString(),
                    held.ToString()
                );
            // Tools run next, for who knows how long, or another model is asked, which must not wait for this hold. Otherwise the outcome
            // of the response is near.
            if (_callsTools || !HasAnswered)
                await _budget.SettleAsync(settlement).ConfigureAwait(false);
            else
                _call.Amend(
                    commit => commit with { Settlements = [.. commit.Settlements, settlement] },
                    isWritten => _budget.AfterSettlementAsync(settlement, isWritten)
                );
        }
    }
}
