using Foobar.Ops.Errors;
using Foobar.Ops.Tls.Scan.Probing;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan;

/// <summary>Connections on which TLS is begun in the endpoint's own protocol first.</summary>
public static class StartTlsConnection
{
    /// <summary>Opens streams like another function, each ready for a handshake.</summary>
    /// <param name="endpoint">The endpoint, for errors.</param>
    /// <param name="connect">Opens a stream to it.</param>
    /// <param name="protocol">The protocol.</param>
    /// <returns>A function that throws <see cref="FoobarException"/> <c>TlsNotSpoken</c> where the endpoint speaks another protocol, or
    /// offers no TLS in it.</returns>
    public static Func<CancellationToken, Task<Stream>> Over(
        TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, StartTls protocol) => protocol == StartTls.None ? connect
        : async cancellationToken =>
        {
            Stream stream = await connect(cancellationToken);
            try
            {
                await StartTlsDialogue.BeginAsync(protocol, stream, cancellationToken);
                return stream;
            }
            catch (WireException error)
            {
                await stream.DisposeAsync();
                throw new FoobarException("TlsNotSpoken", ErrorKind.InvalidData, $"{endpoint}: it {error.Message}.", error)
                {
                    Server = endpoint.Via,
                    Recommendation = "Check the host and port, and which protocol the service there speaks.",
                };
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
        };
}
