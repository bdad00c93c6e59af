using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Canary;

/// <summary>Looks at every member how far a canary's rows have come, until it is stopped.</summary>
internal sealed class ReplicaWatch : IAsyncDisposable
{
    private const string Query =
        "SELECT (SELECT COALESCE(MAX(seq), 0) FROM foobar_ops.canary WHERE run = @run) AS seq, @@global.read_only AS refuses";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<(string Server, Task<IReadOnlyList<ReplicaLook>> Looks)> _members = [];

    /// <summary>Begins; a member that can't be asked is left out.</summary>
    public static ReplicaWatch Start(ISiteSession site, string run)
    {
        ReplicaWatch watch = new();
        foreach (Server member in site.Site.Policy.Database is { } policy ? site.Site.WithRole(policy.Members) : [])
        {
            watch._members.Add((member.Name, Task.Run(() => watch.LookAsync(site, member.Name, run))));
        }

        return watch;
    }

    /// <summary>Stops, and gives what was seen on each replica.</summary>
    public async Task<IReadOnlyList<ReplicaDelay>> StopAsync(IReadOnlyList<CanaryWrite> writes)
    {
        await _stop.CancelAsync();
        List<ReplicaDelay> delays = [];
        foreach ((string server, Task<IReadOnlyList<ReplicaLook>> looks) in _members)
        {
            if (await looks is { Count: > 0 } seen)
            {
                delays.Add(ReplicaDelay.Of(server, seen, writes));
            }
        }

        return delays;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_members.Select(member => member.Looks));
        _stop.Dispose();
    }

    private async Task<IReadOnlyList<ReplicaLook>> LookAsync(ISiteSession site, string member, string run)
    {
        List<ReplicaLook> looks = [];
        try
        {
            await using IDatabaseSession database = await site.OpenDatabaseAsync(member, _stop.Token);
            while (!_stop.IsCancellationRequested)
            {
                long asked = Stopwatch.GetTimestamp();
                DatabaseRow row = (await database.QueryAsync(Query, new Dictionary<string, object?> { ["run"] = run }, _stop.Token))[0];
                if (row.Number("refuses") == 1)
                {
                    looks.Add(new(asked, row.Number("seq") ?? 0));
                }

                await Task.Delay(Pause, _stop.Token);
            }
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // What was seen until then counts; whoever can't be asked shows no delay at all.
        }

        return looks;
    }
}
