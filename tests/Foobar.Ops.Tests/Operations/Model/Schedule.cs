using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>A fault of the engine that is planted where the model gets its statements: what becomes of one instead of being done.</summary>
internal delegate IReadOnlyList<DatabaseRow>? Plant(Call call);

/// <summary>
/// One run that a seed decides: a cluster under load, an operation with faults, whatever an operator does then until all is
/// ended, and what must hold all the time and in the end.
/// </summary>
internal sealed partial class Schedule
{
    private static readonly Fault[] Faults = Enum.GetValues<Fault>();

    private readonly World _world;
    private readonly Cluster _cluster;
    private readonly FaultPlan _plan;
    private readonly Plant? _plant;
    private readonly MemoryFiles _own = new();
    private readonly MemoryFiles _other = new();
    private readonly List<string> _did = [];
    private readonly List<(FailoverResult? Result, Exception? Error)> _ended = [];
    private readonly List<RejoinResult> _rejoined = [];
    private int _processes;
    private bool _lossAccepted;
    private bool _ownLost;

    private Schedule(int seed, bool traced, Plant? plant, ClusterOptions? options = null)
    {
        Seed = seed;
        _world = new(seed, traced);
        _plant = plant;
        Options = options ?? new()
        {
            MariaDb = _world.Chance(0.5),
            Members = _world.Chance(0.5) ? 2 : 3,
            SemiSync = _world.Chance(0.5),
            Event = _world.Chance(0.15),
            Chain = IsChain(seed),
            Pair = IsPair(seed),
        };
        _cluster = new(_world, Options);
        _plan = new(_cluster);
        _world.Check = Check;
    }

    public int Seed { get; }

    public ClusterOptions Options { get; }

    /// <summary>What must not be; <see langword="null"/> for nothing.</summary>
    public string? Violation => _world.Violation;

    /// <summary>How many events there were.</summary>
    public long Events => _world.Events;

    /// <summary>A number that another run of the same seed must give too.</summary>
    public long Fingerprint => unchecked((_world.Now * 31) + _world.Events);

    /// <summary>What was done, in a line each.</summary>
    public IReadOnlyList<string> Did => _did;

    /// <summary>The faults that came.</summary>
    public IReadOnlyList<string> FaultsThatCame => _plan.Came;

    /// <summary>The ends of switchovers, failovers, resumes and takeovers, in their order.</summary>
    public IReadOnlyList<(FailoverResult? Result, Exception? Error)> Ended => _ended;

    /// <summary>Runs one; nothing of it waits in fact.</summary>
    public static Schedule Run(int seed, bool traced = false, Plant? plant = null) => Alone(() =>
    {
        Schedule schedule = new(seed, traced, plant);
        schedule.Go();
        return schedule;
    });

    /// <summary>Runs one that is written out: an operation with one fault.</summary>
    /// <param name="options">What the cluster is like.</param>
    /// <param name="operation">What is done: <c>switchover</c>; <c>failover</c> from a process that was killed; <c>partition</c>, from one
    /// that nobody reaches.</param>
    /// <param name="at">The beginning of the statement or command at which the fault comes.</param>
    /// <param name="time">At which of them.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="apart">A load balancer that the operator does not reach until all is mended; <see langword="null"/> for none.</param>
    /// <param name="plant">What becomes of statements instead of being done; <see langword="null"/> for nothing.</param>
    public static Schedule Written(
        ClusterOptions options, string operation, string at, int time, Fault fault, string? apart = null, Plant? plant = null) =>
        Alone(() =>
        {
            Schedule schedule = new(1, traced: true, plant, options);
            schedule._cluster.Clients.Begin(40, 0.005);
            schedule.Pass(0.1);
            schedule._plan.PlanAt(at, time, fault);
            if (apart is not null)
            {
                schedule._cluster.Cut("operator", apart);
            }

            if (operation == "switchover")
            {
                schedule.Switch();
            }
            else
            {
                schedule.LosePrimary(operation == "partition" ? 3 : 2);
                schedule.Emergency(schedule._own, accept: true);
            }

            schedule.Close();
            return schedule;
        });

    private static Schedule Alone(Func<Schedule> run)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>The run in words: seed, cluster, operations, and each event if it was traced.</summary>
    public override string ToString() =>
        string.Join(
            '\n',
            [
                $"FOOBAR_MODEL_SEED={Seed} makes it again ({Options})",
                .. _did.Select(did => $"  {did}"),
                Violation ?? "nothing is amiss",
                .. _world.Trace,
            ]);

    private void Go()
    {
        _cluster.Clients.Begin(_world.Random.Next(20, 60), _world.Between(0.002, 0.01));
        Pass(0.1);
        double which = _world.Random.NextDouble();
        if (which < 0.55)
        {
            PlanFaults(40);
            Switch();
        }
        else if (which < 0.65)
        {
            // There and back.
            Switch();
            Recover();
            PlanFaults(40);
            Switch();
        }
        else if (which < 0.85)
        {
            PlanFaults(35);
            FailOver();
        }
        else
        {
            FailOver();
            Recover();
            PlanFaults(45);
            Rejoin();
        }

        Close();
    }

    private void Close()
    {
        Recover();
        Pass(20);
        if (Violation is null)
        {
            Judge();
        }
    }

    private void PlanFaults(int changes)
    {
        int count = _world.Random.Next(100) switch { < 8 => 0, < 60 => 1, < 85 => 2, _ => 3 };
        for (int at = 0; at < count; at++)
        {
            bool ofChanges = _world.Chance(0.85);
            _plan.Plan(
                ofChanges,
                ofChanges ? _plan.Changes + _world.Random.Next(1, changes) : _plan.Sent + _world.Random.Next(1, 200),
                _world.Chance(0.15) ? Fault.Stop : Faults[_world.Random.Next(1, Faults.Length)]);
        }
    }

    private void Switch()
    {
        FailoverOptions options = new() { DrainLimit = TimeSpan.FromSeconds(_world.Chance(0.5) ? 30 : 3) };
        if (Options is { Chain: true, Members: 3 }
            && _world.Chance(0.7)
            && _cluster.Members.Where(member => member.Link is not null).ToArray() is { Length: > 0 } replicas)
        {
            options = options with { To = replicas[_world.Random.Next(replicas.Length)].Name };
        }

        Operate(
            "switchover", _own,
            async (site, store, token) => await new SwitchoverOperation(site, store, site.Time).RunAsync(options, null, token));
    }

    private void FailOver()
    {
        if (_world.Chance(0.6))
        {
            // A survey of a moment ago is kept on the operator's machine.
            Simple(
                "survey",
                async site => SourceEvidence.Keep(Store(_own, site), await ReplicationSurvey.CollectAsync(site, CancellationToken.None)));
            Pass(_world.Between(0.1, 12));
        }

        LosePrimary(_world.Random.Next(4));
        Pass(_world.Between(0, 3));
        Emergency(_own, accept: _world.Chance(0.5));
    }

    private void LosePrimary(int how)
    {
        Member primary = _cluster.Members.First(member => !member.ReadOnly);
        _cluster.Emergency = true;
        switch (how)
        {
            case 0:
                _world.Note($"{primary.Name}: its machine loses power");
                primary.Die();
                primary.MachineOn = false;
                break;
            case 1:
                primary.Freeze();
                break;
            case 2:
                primary.Fenced = true;
                primary.Die();
                primary.Fenced = false;
                break;
            default:
                foreach (string place in (string[])
                [
                    "operator",
                    .. _cluster.Balancers.Select(one => one.Name),
                    .. _cluster.Members.Where(member => member != primary).Select(member => member.Name),
                ])
                {
                    _cluster.Cut(primary.Name, place);
                }

                break;
        }

    }

    private void Emergency(MemoryFiles files, bool accept)
    {
        _cluster.Emergency = true;
        _lossAccepted |= accept;
        FailoverOptions options = new() { AcceptDataLoss = accept };
        Operate(
            $"failover{(accept ? ", loss accepted" : "")}", files,
            async (site, store, token) => await new FailoverOperation(site, store, site.Time).RunAsync(options, null, token));
    }

    private void Rejoin()
    {
        string[] candidates =
        [
            .. _cluster.Members.Where(member => member.Link is null && (!member.TakesClients || _cluster.Balancer.States[member.Name] != 0))
                .Select(member => member.Name),
        ];
        foreach (string name in candidates)
        {
            Bring(name);
        }
    }

    private void Bring(string name)
    {
        RejoinResult? result = null;
        Operate($"rejoin of {name}", _own, async (site, store, token) =>
        {
            result = await new RejoinOperation(site, store, site.Time)
                .RunAsync(
                    new()
                    {
                        Server = name,
                        StartLimit = TimeSpan.FromSeconds(30),
                        CatchUpLimit = TimeSpan.FromSeconds(60),
                        CopyLimit = TimeSpan.FromMinutes(5),
                    },
                    null, token);
            return null;
        });
        if (result is not null)
        {
            _rejoined.Add(result);
            _did.Add($"  {result.Outcome}, {result.Method} {result.ErrantGtids} {result.Error}");
        }
    }

    // What an operator does until nothing is left unfinished.
    private void Recover()
    {
        for (int times = 0; times < 6 && Violation is null; times++)
        {
            Pass(_world.Between(1, 15));
            if (times > 1 || _world.Chance(0.5))
            {
                _plan.Clear();
                _cluster.Heal();
                Pass(12);
            }

            if (times == 2)
            {
                // What is held by a connection that was cut is released after a minute.
                Pass(90);
            }

            if (!_ownLost && Unfinished(_own))
            {
                Operate(
                    "resume", _own,
                    async (site, store, token) => await new ResumeOperation(site, store, site.Time).ResumeAsync(new(), null, token));
            }
            else if (Unfinished(_other))
            {
                Operate(
                    "resume elsewhere", _other,
                    async (site, store, token) => await new ResumeOperation(site, store, site.Time).ResumeAsync(new(), null, token),
                    "operator-2");
            }
            else if (_cluster.Members.Any(member => member is { Runs: true, Mark.IsUnfinished: true }) && _world.Chance(0.9))
            {
                Operate(
                    "take over", _other,
                    async (site, store, token) => await new ResumeOperation(site, store, site.Time).TakeOverAsync(new(), null, token),
                    "operator-2");
            }
            else if (times > 1 && Serving().Count == 0)
            {
                Emergency(_other, accept: true);
            }
            else if (times > 1)
            {
                return;
            }
        }

        _plan.Clear();
        _cluster.Heal();
    }

    // Not of the world's own numbers, so that a seed with a star goes on as it did before there were chains.
    private static bool IsChain(int seed) => (unchecked((uint)seed * 2654435761) >> 24) % 2 == 0;

    private static bool IsPair(int seed) => (unchecked((uint)seed * 2246822519) >> 24) % 3 == 0;

    private static bool Unfinished(MemoryFiles files) => new OperationStore("site", "/state", files).FindUnfinished("failover") is not null;

    private static OperationStore Store(MemoryFiles files, ISiteSession site) =>
        new(site.Site.Name.Length > 0 ? "site" : "", "/state", files);

    private void Simple(string what, Func<ISiteSession, Task> work)
    {
        OperatorProcess process = new(_world, "operator");
        Task<int> task = process.Start(async () =>
        {
            await work(new ModelSite(_cluster, process, _plan));
            return 0;
        });
        _world.Run(() => task.IsCompleted || process.IsDead);
        _world.Note($"{what} ended");
    }

    private void Operate(
        string what,
        MemoryFiles files,
        Func<ModelSite, OperationStore, CancellationToken, Task<FailoverResult?>> work,
        string machine = "operator")
    {
        if (Violation is not null)
        {
            return;
        }

        (OperatorProcess process, Task<FailoverResult?> task) = Begin(what, files, work, machine);
        _world.Run(() => task.IsCompleted || process.IsDead || process.IsStopped);
        if (process.IsStopped && !process.IsDead && !task.IsCompleted && Violation is null)
        {
            Overtake(process);
            _world.Run(() => task.IsCompleted || process.IsDead);
        }

        End(what, files, process, task);
    }

    // Another operator finds the operation of one who is stopped, and goes on with it; the first one wakes up at some time.
    private void Overtake(OperatorProcess process)
    {
        bool isShort = _world.Chance(0.5);
        _world.After(isShort ? _world.Between(0.05, 3) : _world.Between(30, 200), process.GoOn);
        Pass(isShort ? _world.Between(0.01, 0.5) : _world.Between(55, 120));
        if (_world.Chance(0.9) && Violation is null)
        {
            (OperatorProcess second, Task<FailoverResult?> task) = Begin(
                "take over", _other,
                async (site, store, token) => await new ResumeOperation(site, store, site.Time).TakeOverAsync(new(), null, token),
                "operator-2");
            _world.Run(() => task.IsCompleted || second.IsDead || second.IsStopped);
            second.GoOn();
            _world.Run(() => task.IsCompleted || second.IsDead);
            End("take over", _other, second, task);
        }
    }

    private (OperatorProcess Process, Task<FailoverResult?> Task) Begin(
        string what, MemoryFiles files, Func<ModelSite, OperationStore, CancellationToken, Task<FailoverResult?>> work, string machine)
    {
        OperatorProcess process = new(_world, machine);
        _world.Note($"{what} begins (process {++_processes} on {machine})");
        ModelSite site = new(_cluster, process, _plan) { Drop = _plant is { } plant ? call => plant(call) : null };
        CancellationTokenSource cancel = new();
        _plan.Cancel = cancel.Cancel;
        return (process, process.Start(() => work(site, Store(files, site), cancel.Token)));
    }

    private void End(string what, MemoryFiles files, OperatorProcess process, Task<FailoverResult?> task)
    {
        if (process.IsDead)
        {
            files.Release();
            _ownLost |= files == _own && _world.Chance(0.2);
            _did.Add($"{what}: its process was killed");
        }
        else if (task.IsCompletedSuccessfully)
        {
            if (task.Result is { } result)
            {
                _ended.Add((result, null));
                JudgeBalancers(result, process.Name);
                _did.Add(
                    $"{what}: {result.Outcome} {result.OldPrimary} -> {result.NewPrimary}{(result.Unfinished ? ", unfinished" : "")}; "
                        + $"{result.Proof.Verdict} {result.Proof.MissingGtids}; {result.Loss?.Bound} {result.Loss?.AtRisk}; "
                        + $"{result.Error}");
            }
        }
        else if (task.Exception?.InnerException is { } error)
        {
            _ended.Add((null, error));
            _did.Add($"{what}: {(error is FoobarException known ? known.ErrorId : error.GetType().Name)}: {error.Message}");
            if (error is not (FoobarException or OperationCanceledException))
            {
                _world.Violate($"{what} failed unexpectedly: {error}");
            }
        }

        _world.Note(_did.Count > 0 ? _did[^1] : what);
    }

    private void Pass(double seconds)
    {
        bool over = false;
        _world.After(seconds, () => over = true);
        _world.Run(() => over);
    }

    private List<Member> Serving() =>
        [.. _cluster.Members.Where(member => member.TakesClients && _cluster.Balancer.States[member.Name] == 0)];
}
