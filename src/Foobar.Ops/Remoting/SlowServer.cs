using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>Why a server was given up at a time limit. One that answers nothing is not one that is slow.</summary>
internal static class SlowServer
{
    /// <summary>The error: that there was no connection, or what took too long over one.</summary>
    /// <param name="session">The connections.</param>
    /// <param name="server">The server's name.</param>
    /// <param name="limit">How long it was given.</param>
    /// <param name="slow">The error of a server that is connected.</param>
    public static FoobarException Of(ISiteSession session, string server, TimeSpan limit, FoobarException slow) =>
        IsConnected(session, server) ? slow : RemotingErrors.ConnectTimeout(server, limit, "");

    private static bool IsConnected(ISiteSession session, string server)
    {
        try
        {
            return session.GetServerAsync(server, new CancellationToken(canceled: true)).IsCompletedSuccessfully;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return false;
        }
    }
}
