using System.Diagnostics;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Two hundred servers: no more at once than allowed, and one that never answers costs its own time limit once.</summary>
public sealed class ManyServersTests
{
    private const int Servers = 200;

    private const int Throttle = 16;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task One_dead_server_among_many_costs_its_time_limit_once_and_no_other_server_waits_for_it()
    {
        int now = 0, most = 0, readBeforeTheLimit = 0;
        Stopwatch clock = Stopwatch.StartNew();
        AuditPart[] parts =
        [
            .. Enumerable.Range(0, 4).Select(
                part => new AuditPart<PretendFacts>(new PretendCollector(ReadAsync, name: $"part{part}"), [Control(part)])),
        ];
        List<Finding> findings = [];

        SnapshotResult result = await new LiveAudit(
            new PretendSession(Many()), AuditScope.Everything,
            new CollectOptions { ThrottleLimit = Throttle, ServerTimeLimit = Limit },
            parts, [])
            .RunAsync(findings.AddRange, TestContext.Current.CancellationToken);

        FoobarException error = Assert.Single(result.Errors);
        Assert.Equal(("ConnectTimeout", "web-007"), (error.ErrorId, error.Server));
        Assert.Equal(Servers * parts.Length, findings.Count(finding => finding.Area == Area.Server));
        Assert.All(
            findings.Where(finding => finding.Area == Area.Server),
            finding => Assert.Equal(finding.Server == "web-007" ? FindingStatus.Unknown : FindingStatus.Pass, finding.Status));
        Assert.InRange(most, 2, Throttle * parts.Length);

        // The limit is waited for once, not once a part; a busy machine gets some room.
        Assert.True(clock.Elapsed < (Limit * 3) + TimeSpan.FromSeconds(2), $"{clock.Elapsed}");
        Assert.True(readBeforeTheLimit > Servers, $"{readBeforeTheLimit}");

        async Task<PretendFacts> ReadAsync(Server server, CancellationToken token)
        {
            if (server.Name == "web-007")
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            int running = Interlocked.Increment(ref now);
            InterlockedMax(ref most, running);
            await Task.Delay(1, token);
            Interlocked.Decrement(ref now);
            Interlocked.Increment(ref readBeforeTheLimit);
            return Pretend.Facts();
        }
    }

    [Fact]
    public void Facts_are_found_by_part_and_server_whatever_the_case_and_however_a_snapshot_was_made_from_another()
    {
        Snapshot snapshot = Pretend.Snapshot([.. Many().Servers.Select(server => (server.Name, (PretendFacts?)Pretend.Facts()))]);

        Assert.NotNull(snapshot.Read<PretendFacts>("pretend", "WEB-199").Value);
        Assert.Contains(
            "holds no facts",
            (snapshot with { Facts = [.. snapshot.Facts.Take(3)] }).Read<PretendFacts>("pretend", "web-199").Failure,
            StringComparison.Ordinal);
        Assert.Contains(
            "of another kind", snapshot.Read<Foobar.Ops.Servers.ServerFacts>("pretend", "web-001").Failure, StringComparison.Ordinal);
    }

    private static Control<ServerCase<PretendFacts>> Control(int part) => new(Pretend.Info($"SRV-91{part}"), _ => [Verdict.Pass()]);

    private static Site Many() => TestSite.Create() with
    {
        Servers =
        [
            .. Enumerable.Range(0, Servers)
                .Select(index => new Server { Name = $"web-{index:000}", Roles = [Role.Web], Ssh = new SshEndpoint { Host = "web-01" } }),
        ],
    };

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }
}
