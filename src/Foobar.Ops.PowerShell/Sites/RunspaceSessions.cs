using System.Collections.Concurrent;
using System.Management.Automation.Runspaces;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>
/// The sessions of each runspace. Runspaces share this assembly, but not their sessions: removing the module from one, or
/// ending it, closes its own and no other's.
/// </summary>
public static class RunspaceSessions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly ConcurrentDictionary<Guid, SessionTable> Tables = new();

    /// <summary>The sessions of the runspace that the calling thread runs.</summary>
    internal static SessionTable Here => Tables.GetOrAdd(Runspace.DefaultRunspace.InstanceId, Watch, Runspace.DefaultRunspace);

    /// <summary>Closes the sessions of this runspace; called when the module is removed from it.</summary>
    public static void CloseHere()
    {
        if (Runspace.DefaultRunspace is { } runspace)
        {
            CloseAll(runspace.InstanceId);
        }
    }

    /// <summary>
    /// Closes sessions of this runspace, once what stopped cmdlets put back by them is done, all at once; gives up waiting, not
    /// closing, after some seconds.
    /// </summary>
    internal static void Close(IReadOnlyList<ISiteSession> sessions) => Close(Runspace.DefaultRunspace.InstanceId, sessions);

    private static void Close(Guid runspace, IReadOnlyList<ISiteSession> sessions)
    {
        if (sessions.Count == 0)
        {
            return;
        }

        StoppedWork.Wait(runspace);
        Task.WhenAll(sessions.Select(session => Task.Run(async () => await session.DisposeAsync())))
            .ContinueWith(_ => { }, TaskScheduler.Default)
            .Wait(Patience);
    }

    private static SessionTable Watch(Guid id, Runspace runspace)
    {
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                CloseAll(id);
            }
        };
        return new SessionTable();
    }

    private static void CloseAll(Guid id)
    {
        if (Tables.TryRemove(id, out SessionTable? table))
        {
            Close(id, table.TakeAll());
        }
    }
}
