using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Judging while reading: the same findings as from the snapshot, each as soon as it can be decided.</summary>
public sealed class LiveAuditTests
{
    private static readonly CrossAreaControl Across = new(
        new(Pretend.Info("TOP-902", area: Area.Topology), snapshot => [Verdict.Pass(actual: $"{snapshot.Facts.Count}")]), ["pretend"]);

    [Theory]
    [InlineData("", "")]
    [InlineData("web-*", "")]
    [InlineData("", "SRV-901")]
    [InlineData("lb-01", "SRV-902")]
    [InlineData("", "TOP-902")]
    public async Task It_gives_what_the_snapshot_gives(string server, string control)
    {
        AuditScope scope = new() { Servers = server.Length == 0 ? [] : [server], Controls = control.Length == 0 ? [] : [control] };
        AuditPart part = Pretend.Part((one, _) => one.Name == "web-01"
            ? throw new FoobarException("ServerUnreachable", ErrorKind.Connection, "web-01: no route to host.") { Server = "web-01" }
            : Task.FromResult(Pretend.Facts(one.Name == "web-02" ? 95 : 10)));
        AuditPart none = new AuditPart<PretendFacts>(
            new PretendCollector((_, _) => Task.FromResult(Pretend.Facts()), _ => false, "none"), [],
            [new(Pretend.Info("DB-901", area: Area.Database), _ => [Verdict.Pass()])]);
        List<Finding> streamed = [];

        SnapshotResult result = await new LiveAudit(
            new PretendSession(TestSite.Create()), scope, new CollectOptions(), [part, none], [Across])
            .RunAsync(streamed.AddRange, TestContext.Current.CancellationToken);

        IReadOnlyList<Finding> judged = Audit.Judge(result.Snapshot, scope, [part, none], [Across]);
        Assert.Equal(judged.OrderBy(Text), streamed.OrderBy(Text));
        Assert.NotEmpty(streamed);
    }

    [Fact]
    public async Task A_server_is_judged_before_the_slow_one_has_been_read()
    {
        TaskCompletionSource early = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Finding> streamed = [];
        AuditPart part = Pretend.Part(async (server, token) =>
        {
            if (server.Name == "web-02")
            {
                await early.Task.WaitAsync(token);
            }

            return Pretend.Facts();
        });

        await new LiveAudit(new PretendSession(TestSite.Create()), AuditScope.Everything, new CollectOptions(), [part], []).RunAsync(
            findings =>
            {
                streamed.AddRange(findings);
                if (streamed.Count(finding => finding.ControlId == "SRV-902") == 2)
                {
                    early.TrySetResult();
                }
            },
            TestContext.Current.CancellationToken);

        Assert.Equal("web-02", streamed.Last(finding => finding.ControlId == "SRV-902").Server);
        Assert.True(
            streamed.FindIndex(
                finding => finding.ControlId == "TOP-901") > streamed.FindIndex(
                    finding => finding is { ControlId: "SRV-902", Server: "web-01" }));
    }

    private static string Text(Finding finding) => $"{finding.ControlId} {finding.Server} {finding.Target}";
}
