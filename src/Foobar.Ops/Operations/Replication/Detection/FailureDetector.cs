using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>Looks at a primary from several observers at once.</summary>
/// <param name="site">The site's connections.</param>
/// <param name="primary">The primary.</param>
/// <param name="replica">The replica that looks too; known to live.</param>
/// <param name="sourceHost">Under which name the replica knows the primary; <see langword="null"/> if it replicates by way of another, so
/// that what it receives says nothing.</param>
/// <param name="endpoint">The write endpoint; <see langword="null"/> if none is declared.</param>
/// <param name="machine">What the primary's machine says, once it has; ends with <see langword="null"/> if it does not answer.</param>
/// <param name="login">The login on that machine, begun when the command was.</param>
internal sealed class FailureDetector(
    ISiteSession site,
    Server primary,
    Server replica,
    string? sourceHost,
    IWriteEndpoint endpoint,
    Task<MachineReport?> machine,
    MachineLogin login)
{
    /// <summary>How long nobody must hear it where its machine says why.</summary>
    private static readonly TimeSpan Explained = TimeSpan.FromSeconds(0.6);

    /// <summary>How long nobody must hear it where its machine does not answer.</summary>
    private static readonly TimeSpan Unexplained = TimeSpan.FromSeconds(1.4);

    /// <summary>How long, where its process runs and only hangs: it may be slow.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>What the primary's machine says, once it has.</summary>
    public Task<MachineReport?> Machine => machine;

    private DatabasePolicy Policy => ReplicationSurvey.Require(site.Site);

    /// <summary>
    /// Looks and judges: for 0.6 s where its machine says why it is silent, for 4 s where its process runs, for 1.4 s where its machine is
    /// silent too.
    /// </summary>
    public async Task<PrimaryVerdict> LookAsync(CancellationToken cancellationToken)
    {
        long started = site.Time.GetTimestamp();
        TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task enough = Task.WhenAny(HeardAsync(heard.Task, cancellationToken), EnoughAsync(cancellationToken));
        Task<(ObserverReport Report, string? WriteFailure)> own = new OperatorObserver(site, primary.Name, machine)
            .LookAsync(OwnAsync(enough), cancellationToken);
        Task<ObserverReport> fromReplica = FromReplicaAsync(enough, cancellationToken);
        Task<ObserverReport?> fromBalancer = FromBalancerAsync(enough, cancellationToken);
        _ = fromBalancer.ContinueWith(
            look => _ = look is { IsCompletedSuccessfully: true, Result.ProbeOutcome: ProbeOutcome.Answers } && heard.TrySetResult(),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await Task.WhenAll(own, fromReplica, fromBalancer);
        (ObserverReport report, string? writeFailure) = await own;
        List<ObserverReport> reports = [report, await fromReplica];
        if (await fromBalancer is { } balancer)
        {
            reports.Add(balancer);
        }

        MachineReport? said = machine.IsCompletedSuccessfully ? await machine : null;
        return PrimaryJudge.Judge(new(primary.Name, reports, said, writeFailure, Policy.WriteEndpoint is not null)) with
        {
            Duration = site.Time.GetElapsedTime(started),
        };
    }

    /// <summary>The same, told what the machine says.</summary>
    public FailureDetector With(MachineReport said) =>
        new(site, primary, replica, sourceHost, endpoint, Task.FromResult<MachineReport?>(said), login);

    // A task that several combine with others (WhenAny, WaitAsync) ends for all but one of them in the thread pool.
    private static async Task OwnAsync(Task task) => await task;

    // One that hears it is enough to refuse; the others then only tell from where the way to it is cut.
    private async Task HeardAsync(Task heard, CancellationToken cancellationToken)
    {
        await heard;
        await Task.Delay(Unexplained, site.Time, cancellationToken);
    }

    private async Task EnoughAsync(CancellationToken cancellationToken)
    {
        Task silence = Task.WhenAll(site.Time.PauseAsync(Unexplained, cancellationToken), login.HadTimeAsync(cancellationToken));
        Task explained = site.Time.PauseAsync(Explained, cancellationToken);
        Task patience = site.Time.PauseAsync(Patience, cancellationToken);
        await Task.WhenAny(machine, silence);

        // A machine that let us in is about to say more, and what it holds can be fetched.
        await (login.Succeeded ? machine : Task.CompletedTask);
        MachineReport? said = machine.IsCompletedSuccessfully ? await machine : null;
        await (said switch
        {
            null => silence,
            { Runs: false } or { Frozen: true } => explained,
            { DiskFull: true } or { ReadOnly: true } => silence,
            _ => patience,
        });
    }

    private async Task<ObserverReport> FromReplicaAsync(Task enough, CancellationToken cancellationToken)
    {
        try
        {
            IServerSession session = await site.GetServerAsync(replica.Name, cancellationToken);
            Task<string?> received = sourceHost is null
                ? Task.FromResult<string?>(null)
                : ReceiverObserver.ProgressAsync(site, replica.Name, OwnAsync(enough), cancellationToken);
            ObserverReport report = await new GreetingProbe(session, Policy.Port)
                .LookAsync(Observer.Replica, PrimaryAddresses(), Addresses(replica), OwnAsync(enough), cancellationToken);
            return report.ProbeOutcome != ProbeOutcome.Answers && await received is { } news
                ? report with { ProbeOutcome = ProbeOutcome.Answers, Evidence = $"{news}; {report.Evidence}" }
                : report;
        }
        catch (FoobarException error)
        {
            return new()
            {
                Observer = Observer.Replica,
                Server = replica.Name,
                ProbeOutcome = ProbeOutcome.Blind,
                Evidence = error.Message,
            };
        }
    }

    private async Task<ObserverReport?> FromBalancerAsync(Task enough, CancellationToken cancellationToken)
    {
        if (Policy.WriteEndpoint is not { } declared)
        {
            return null;
        }

        string server = endpoint.Server ?? declared.Server;
        try
        {
            IServerSession session = await site.GetServerAsync(server, cancellationToken);
            ObserverReport report = await new GreetingProbe(session, Policy.Port)
                .LookAsync(Observer.Balancer, PrimaryAddresses(), Addresses(replica), OwnAsync(enough), cancellationToken);
            string? health = await endpoint.HealthAsync(primary.Name, cancellationToken);
            return health is null ? report : report with { Evidence = $"{report.Evidence}; {health}" };
        }
        catch (FoobarException error)
        {
            return new() { Observer = Observer.Balancer, Server = server, ProbeOutcome = ProbeOutcome.Blind, Evidence = error.Message };
        }
    }

    private IReadOnlyList<string> PrimaryAddresses() =>
        [.. Addresses(primary).Prepend(sourceHost).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)];

    private static IReadOnlyList<string> Addresses(Server server) =>
        [.. server.Addresses.Select(address => address.ToString()).DefaultIfEmpty(server.Name)];
}
