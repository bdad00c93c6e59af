namespace Foobar.Ops.Remoting;

/// <summary>Something that listens, as seen from a server: a TCP port or a unix socket.</summary>
public abstract record RemoteEndpoint
{
    private RemoteEndpoint()
    {
    }

    /// <summary>A TCP port.</summary>
    /// <param name="Host">Host name or address as the server resolves it; <c>127.0.0.1</c> is the server itself.</param>
    /// <param name="Port">The port, 1 to 65535.</param>
    public sealed record Tcp(string Host, int Port) : RemoteEndpoint
    {
        /// <summary>Host and port for people, an IPv6 address in brackets (RFC 3986, 3.2.2).</summary>
        public override string ToString() =>
            Host.Contains(':', StringComparison.Ordinal) && !Host.StartsWith('[')
                ? FormattableString.Invariant($"[{Host}]:{Port}")
                : FormattableString.Invariant($"{Host}:{Port}");
    }

    /// <summary>A unix stream socket.</summary>
    /// <param name="Path">The absolute path on the server.</param>
    public sealed record UnixSocket(string Path) : RemoteEndpoint
    {
        /// <summary>The path, for people.</summary>
        public override string ToString() => Path;
    }
}
