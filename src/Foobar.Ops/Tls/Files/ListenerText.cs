namespace Foobar.Ops.Tls.Files;

/// <summary>Addresses as listeners are written: <c>192.0.2.11:443</c>, <c>[::1]:443</c>, or a unix socket's path.</summary>
internal static class ListenerText
{
    /// <summary>Writes one.</summary>
    public static string Of(string host, int port) =>
        host.Contains(':', StringComparison.Ordinal)
            ? FormattableString.Invariant($"[{host}]:{port}")
            : FormattableString.Invariant($"{host}:{port}");

    /// <summary>Takes one apart; a unix socket has no port.</summary>
    public static (string Host, int Port) Parse(string listener)
    {
        int colon = listener.StartsWith('/') ? -1 : listener.LastIndexOf(':');
        return colon < 0
            ? (listener, 0)
            : (listener[..colon].Trim('[', ']'), int.Parse(listener.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}
