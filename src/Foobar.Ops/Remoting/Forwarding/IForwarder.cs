namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>Carries connections to endpoints on, or reachable from, a server.</summary>
internal interface IForwarder : IAsyncDisposable
{
    /// <summary>Opens a byte stream to an endpoint.</summary>
    Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken);

    /// <summary>Makes a private unix socket that leads to an endpoint.</summary>
    Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken);
}
