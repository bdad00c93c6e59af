using System.Collections.Concurrent;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Operations.Model;
using ModelCluster = Foobar.Ops.Tests.Operations.Model.Cluster;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>
/// A cluster in memory in the state of a lab, on which the same is done. It lives on a thread of its own, as the model must.
/// </summary>
internal sealed class ModelBed : IDisposable
{
    // What waits inline goes deep now and then.
    private const int Stack = 16 * 1024 * 1024;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly MemoryFiles _files = new();
    private World? _world;
    private ModelCluster? _cluster;
    private FaultPlan? _plan;

    private ModelBed()
    {
        _thread = new(Work, Stack) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Makes one in the state that a lab is in.</summary>
    public static async Task<ModelBed> MakeAsync(LabState state)
    {
        ModelBed bed = new();
        await bed.DoAsync(() =>
        {
            bed._world = new(1, traced: true);
            bed._cluster = new(bed._world, state.Options);
            bed._plan = new(bed._cluster);
            state.Give(bed._cluster);
            return 0;
        });
        return bed;
    }

    /// <summary>Does something to the cluster, or looks at it, on its thread.</summary>
    public Task<T> DoAsync<T>(Func<ModelCluster, T> what) => DoAsync(() => what(_cluster!));

    /// <summary>Lets its time pass.</summary>
    public Task PassAsync(double seconds) => DoAsync(() =>
    {
        bool over = false;
        _world!.After(seconds, () => over = true);
        _world.Run(() => over);
        return 0;
    });

    /// <summary>Runs an operation from a process of its own to its end, or to the process's.</summary>
    /// <param name="recorder">Notes what is asked.</param>
    /// <param name="work">The operation: the site, the place of journals, and what ends the process.</param>
    /// <returns>What it gave; the default if its process was ended.</returns>
    public Task<T?> RunAsync<T>(Recorder recorder, Func<ISiteSession, OperationStore, Action, Task<T>> work) => DoAsync(() =>
    {
        OperatorProcess process = new(_world!, "operator");
        OperationStore store = new("site", "/state", _files);
        Task<T> task = process.Start(() => work(new RecordingSite(new ModelSite(_cluster!, process, _plan!), recorder), store, Die));
        _world!.Run(() => task.IsCompleted || process.IsDead);
        _files.IsStopped = false;
        if (_world.Violation is { } violation)
        {
            throw new InvalidOperationException($"The model: {violation}");
        }

        if (!process.IsDead)
        {
            return task.GetAwaiter().GetResult();
        }

        _files.Release();
        return default;

        void Die()
        {
            recorder.IsDead = true;
            _files.IsStopped = true;
            process.Kill();
        }
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private Task<T> DoAsync<T>(Func<T> what)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(what());
            }
#pragma warning disable CA1031 // Whoever waits for it gets it.
            catch (Exception error)
#pragma warning restore CA1031
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    private void Work()
    {
        foreach (Action next in _work.GetConsumingEnumerable())
        {
            next();
        }
    }
}
