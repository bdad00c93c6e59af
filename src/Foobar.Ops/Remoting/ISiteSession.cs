using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting;

/// <summary>The live connections to a site: an SSH session a server, and database connections through them.</summary>
public interface ISiteSession : IAsyncDisposable
{
    /// <summary>The site as declared.</summary>
    Site Site { get; }

    /// <summary>The clock by which what goes over these connections is waited for and limited.</summary>
    TimeProvider Time => TimeProvider.System;

    /// <summary>Whether it has been closed; it connects to nothing from then on.</summary>
    bool IsClosed { get; }

    /// <summary>Sees to it that it has not been closed.</summary>
    /// <exception cref="Errors.FoobarException"><c>SessionClosed</c>.</exception>
    void EnsureOpen()
    {
        if (IsClosed)
        {
            throw RemotingErrors.SessionClosed(Site.Name);
        }
    }

    /// <summary>
    /// The session to one server, or to a vantage; connects if there is none yet or the last one was lost. Several callers at once share
    /// one connection attempt.
    /// </summary>
    /// <exception cref="Errors.FoobarException"><c>ServerUnreachable</c>, <c>HostKeyUnknown</c>, <c>HostKeyChanged</c>,
    /// <c>HostKeyRevoked</c>, <c>AuthenticationRefused</c>, <c>ConnectTimeout</c>, <c>SessionClosed</c>.</exception>
    Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default);

    /// <summary>Opens a new database connection to a member through its SSH session; the caller disposes it.</summary>
    /// <exception cref="Errors.FoobarException"><c>DatabaseUnreachable</c>, <c>DatabaseLoginRefused</c>,
    /// <c>DatabaseTimeout</c>.</exception>
    Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default);

    /// <summary>
    /// A session to the same site, opened in the same way (logins, sudo's password, new host keys, limits), that shares no
    /// connection with this one: what it reaches can be reached anew. Connects to nothing yet; the caller disposes it.
    /// </summary>
    ISiteSession Fresh();
}
