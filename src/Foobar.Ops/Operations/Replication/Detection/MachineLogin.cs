using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>A login on a machine that is under way.</summary>
internal sealed class MachineLogin(Task<IServerSession> session, TimeProvider time)
{
    /// <summary>How long a machine has at the least to let us in before it counts as not answering.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2.2);

    private readonly long _begun = time.GetTimestamp();

    /// <summary>Whether it has let us in.</summary>
    public bool Succeeded => session.IsCompletedSuccessfully;

    /// <summary>The session, once it has.</summary>
    public Task<IServerSession> Session => session;

    /// <summary>Ends when it has had time enough, or is decided.</summary>
    public Task HadTimeAsync(CancellationToken cancellationToken)
    {
        TimeSpan left = Least - time.GetElapsedTime(_begun);
        return Task.WhenAny(session, time.PauseAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken));
    }
}
