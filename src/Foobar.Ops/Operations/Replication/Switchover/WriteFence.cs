using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>The end of writes on the old primary: no commit any more, what it held then, and its clients' connections ended.</summary>
/// <param name="old">The old primary.</param>
/// <param name="second">A second connection to it, so that its clients' connections are ended while the first does something else.</param>
/// <param name="candidate">The candidate.</param>
/// <param name="unbound">The names of the accounts that <c>read_only</c> does not bind; <see langword="null"/> if that is not
/// known.</param>
internal sealed class WriteFence(DatabaseMember old, DatabaseMember second, DatabaseMember candidate, IReadOnlyList<string>? unbound)
{
    private Task _ending = Task.CompletedTask;
    private FencedPosition? _last;
    private string _applied = "";

    /// <summary>All transactions that the old primary held when it was fenced; <see langword="null"/> before.</summary>
    public string? Executed => _last?.Executed;

    /// <summary>Lets the old primary refuse writes, and reads what it holds.</summary>
    /// <exception cref="FoobarException"><c>FenceFailed</c>.</exception>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await old.FenceOffAsync(unbound, cancellationToken);
        Task<FencedPosition> last = old.FencedPositionAsync(cancellationToken);
        Task<string> applied = candidate.AppliedAsync(cancellationToken);
        await Task.WhenAll(last, applied);
        _last = await last;
        _applied = await applied;
        if (!_last.IsFenced)
        {
            throw new FoobarException(
                "FenceFailed", ErrorKind.Failed, $"{old.Name}: it still takes writes after it was told to refuse them.")
                {
                    Server = old.Name,
                };
        }
    }

    /// <summary>Waits until the candidate holds all that the old primary held.</summary>
    /// <exception cref="FoobarException"><c>CatchUpTimeout</c>.</exception>
    public async Task CatchUpAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        // A resume may begin here.
        if (_last is null)
        {
            await CloseAsync(cancellationToken);
        }

        // Mostly it has come that far by then.
        if (!GtidComparison.Reaches(candidate.Flavor, _applied, _last!.Position)
            && !await candidate.WaitForAsync(_last.Position, limit, cancellationToken))
        {
            throw new FoobarException(
                "CatchUpTimeout", ErrorKind.Timeout,
                $"{candidate.Name}: it did not apply the old primary's last transactions within {limit.TotalSeconds:0.#} s.")
                {
                    Server = candidate.Name,
                };
        }
    }

    /// <summary>
    /// Begins to end the clients' connections. Those that are ended before there is somewhere else to go to come back in vain, which costs
    /// the servers time just then.
    /// </summary>
    public void EndClients(CancellationToken cancellationToken) => _ending = second.EndClientsAsync(cancellationToken);

    /// <summary>Ends when the clients' connections have ended.</summary>
    public Task ClientsEndedAsync() => _ending;
}
