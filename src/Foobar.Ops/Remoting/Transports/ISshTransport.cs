using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting.Transports;

/// <summary>Opens authenticated SSH connections to servers.</summary>
internal interface ISshTransport : IDisposable
{
    /// <summary>
    /// What to connect with once a host key turned out to be unknown, where new ones are to be accepted and that takes an
    /// attempt of its own; <see langword="null"/> otherwise.
    /// </summary>
    ISshTransport? AcceptingNewKeys => null;

    /// <summary>What is about to be opened, for the activity log; never a secret.</summary>
    string Describe(Server server);

    /// <summary>Opens a connection: one authentication, a shell, forwards and streamed commands beside it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="cancellationToken">Ends the attempt; nothing of it stays.</param>
    /// <exception cref="Errors.FoobarException">As <see cref="ISiteSession.GetServerAsync"/>.</exception>
    Task<SshConnection> OpenAsync(Server server, CancellationToken cancellationToken);
}
