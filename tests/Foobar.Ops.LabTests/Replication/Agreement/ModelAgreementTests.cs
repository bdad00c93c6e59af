using Foobar.Ops.Database;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>
/// The cluster in memory on which the engine is tested offline (docs/decisions/0064) and real servers are asked the same, in
/// whole operations and in single statements: they must answer the same.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class ModelAgreementTests(LabFixture labs, ITestOutputHelper output)
{
    private static readonly string[] Killed = ["mark", "fence", "promote", "verify", "persist-new"];

    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    /// <summary>What is done on which flavour; in the default run the first on one flavour, which the seed chooses.</summary>
    public static TheoryData<string, string> Scenarios => new(
        from flavour in Sample.Of((string[])["MariaDb", "MySql"], 2)
        from scenario in Sample.IsAll ? (string[])["switchover", "failover", "errant", "killed", "three members"] : ["switchover"]
        select (flavour, scenario));

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task The_model_answers_as_real_servers_do(string flavour, string scenario)
    {
        bool three = scenario == "three members";
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, semiSync: three, replicas: three ? 2 : 1);
        await bed.WaitUntilCaughtUpAsync();
        await using Agreement agreement = await Agreement.BeginAsync(bed);
        switch (scenario)
        {
            case "switchover":
                await SwitchAsync(agreement, "web-02");
                await SwitchAsync(agreement, "web-01");
                await agreement.DoAsync("single statements", async (site, _, _) =>
                {
                    await new StatementTable(site).AskAsync();
                    return "asked";
                });
                break;
            case "failover":
                await FailOverAsync(bed, agreement);
                break;
            case "errant":
                await DivergeAsync(bed, agreement);
                break;
            case "killed":
                await KillAsync(bed, agreement);
                break;
            default:
                await SwitchAsync(agreement, "web-02");
                await SwitchAsync(agreement, "db-03");
                await SwitchAsync(agreement, "web-01");
                await FailOverAsync(bed, agreement);
                break;
        }

        output.WriteLine(agreement.Summary);
        Assert.True(agreement.Differences.Count == 0, string.Join('\n', agreement.Differences));
    }

    private Task SwitchAsync(Agreement agreement, string to) => agreement.DoAsync($"switchover to {to}", async (site, store, _) =>
        Told(await new SwitchoverOperation(site, store, site.Time).RunAsync(new() { To = to }, null, _cancel)));

    private Task RejoinAsync(Agreement agreement, string server, bool copy = false) =>
        agreement.DoAsync($"rejoin of {server}{(copy ? " by a copy" : "")}", async (site, store, _) =>
        {
            RejoinResult result = await new RejoinOperation(site, store, site.Time)
                .RunAsync(new() { Server = server, Copy = copy }, null, _cancel);
            return $"{result.Outcome} {result.Method} {result.ErrantCount} {(result.Outcome == PlanOutcome.Completed ? "" : result.Error)} "
                + $"{string.Join(" ", result.Steps.Select(step => $"{step.Step} {step.Outcome}"))}";
        });

    // The primary's process is dead and stays so; then it comes back.
    private async Task FailOverAsync(FailoverBed bed, Agreement agreement)
    {
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, "web-01", "web-02");
        try
        {
            await agreement.DoAsync("survey", async (site, store, _) =>
            {
                SourceEvidence.Keep(store, await ReplicationSurvey.CollectAsync(site, _cancel));
                return "surveyed";
            });
            await disaster.StrikeAsync(_cancel);
            await Task.Delay(TimeSpan.FromSeconds(2), _cancel);
            await agreement.Model.DoAsync(cluster => cluster.Members[0].StaysDown = true);
            await agreement.Model.DoAsync(cluster =>
            {
                cluster.Members[0].Die();
                return 0;
            });
            await agreement.Model.PassAsync(2);
            await agreement.DoAsync(
                "failover",
                async (site, store, _) => Told(
                    await new FailoverOperation(site, store, site.Time)
                        .RunAsync(new() { To = "web-02", AcceptDataLoss = true }, null, _cancel)));
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
        }

        await RejoinAsync(agreement, "web-01");
        await bed.WaitUntilCaughtUpAsync();
        await agreement.Model.PassAsync(2);
        await SwitchAsync(agreement, "web-01");
    }

    // The replica stops replicating, takes writes of its own, and misses some of the primary's.
    private async Task DivergeAsync(FailoverBed bed, Agreement agreement)
    {
        await OverlayDisk.OwnAsync(bed.Lab, "web-02", _cancel);
        await bed.WaitUntilCaughtUpAsync();
        await SwitchAsync(agreement, "web-02");
        await SwitchAsync(agreement, "web-01");
        await agreement.DoAsync("writes of its own", async (site, _, _) =>
        {
            await using IDatabaseSession first = await site.OpenDatabaseAsync("web-01", _cancel);
            await using IDatabaseSession second = await site.OpenDatabaseAsync("web-02", _cancel);
            (DatabaseMember primary, DatabaseMember replica) = (DatabaseMember.Of(first), DatabaseMember.Of(second));
            await replica.StopReplicatingAsync(_cancel);
            await replica.AdmitOperatorsAsync(_cancel);
            await replica.UnfenceAsync(_cancel);
            await replica.Marks.TryWriteAsync(_cancel);
            await replica.FenceAsync(_cancel);
            for (int times = 0; times < 3; times++)
            {
                await primary.Marks.TryWriteAsync(_cancel);
            }

            await replica.StartReplicatingAsync(_cancel);
            await Task.Delay(TimeSpan.FromSeconds(1), site.Time, _cancel);
            await replica.ChannelsAsync(_cancel);
            return "diverged";
        });
        await RejoinAsync(agreement, "web-02");
        await RejoinAsync(agreement, "web-02", copy: true);
        await bed.WaitUntilCaughtUpAsync();

        // The copy's log begins with the copy, which the model does not have.
        await bed.GiveUpAsync();
    }

    private async Task KillAsync(FailoverBed bed, Agreement agreement)
    {
        await SwitchAsync(agreement, "web-02");
        await SwitchAsync(agreement, "web-01");
        foreach (string step in Killed)
        {
            string to = (await bed.PrimariesAsync())[0] == "web-01" ? "web-02" : "web-01";
            await DoomedOperation.KillAsync(bed, to, step, TimeSpan.Zero);
            await agreement.Model.RunAsync(
                new Recorder(),
                (site, store, die) =>
                    new SwitchoverOperation(site, store, site.Time).RunAsync(new() { To = to }, new Death(step, die), _cancel));
            await Task.Delay(TimeSpan.FromMilliseconds(500), _cancel);
            await agreement.Model.PassAsync(0.5);
            await agreement.DoAsync(
                $"resume after {step}",
                async (site, store, _) => Told(await new ResumeOperation(site, store, site.Time).ResumeAsync(new(), null, _cancel)));
            await bed.WaitUntilCaughtUpAsync();
            await agreement.Model.PassAsync(2);
        }
    }

    private static string Told(FailoverResult result) =>
        $"{result.Outcome} {result.OldPrimary} {result.NewPrimary} {result.Proof.Verdict} {result.Loss?.Bound} "
            + $"{(result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded ? "" : result.Error)} "
            + $"{string.Join(" ", result.Steps.Select(step => $"{step.Step} {step.Outcome}"))}";

    private sealed class Death(string step, Action die) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step)
            {
                die();
            }
        }
    }
}
