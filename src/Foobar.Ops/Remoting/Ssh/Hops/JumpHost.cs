using System.Globalization;

namespace Foobar.Ops.Remoting.Ssh.Hops;

/// <summary>
/// A jump host as <c>ssh -J</c> and <c>ProxyJump</c> name it: <c>[user@]host[:port]</c> or <c>ssh://[user@]host[:port]</c> (ssh_config(5)).
/// </summary>
/// <param name="Host">Its alias, name or address.</param>
/// <param name="User">The account; <see langword="null"/> where none is named.</param>
/// <param name="Port">The port; <see langword="null"/> where none is named.</param>
internal sealed record JumpHost(string Host, string? User, int? Port)
{
    /// <summary>Reads a list of jump hosts; empty for <c>none</c>.</summary>
    /// <exception cref="FormatException">It is no such list.</exception>
    public static IReadOnlyList<JumpHost> ParseList(string? text) =>
        text is null or "" || text.Equals("none", StringComparison.OrdinalIgnoreCase) ? [] : [.. text.Split(',').Select(Parse)];

    private static JumpHost Parse(string text)
    {
        string rest = text.Trim();
        if (rest.StartsWith("ssh://", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest["ssh://".Length..].TrimEnd('/');
        }

        int at = rest.LastIndexOf('@');
        string? user = at > 0 ? rest[..at] : null;
        rest = rest[(at + 1)..];
        int bracket = rest.IndexOf(']', StringComparison.Ordinal);
        int colon = rest.LastIndexOf(':');
        bool bare = bracket < 0 && colon != rest.IndexOf(':', StringComparison.Ordinal);
        bool hasPort = colon > bracket && !bare;
        string host = (hasPort ? rest[..colon] : rest).Trim('[', ']');
        int? port = hasPort ? ReadPort(rest[(colon + 1)..], text) : null;
        return host.Length > 0 && host[0] != '-'
            ? new JumpHost(host, user, port)
            : throw new FormatException($"'{text}' names no jump host.");
    }

    private static int ReadPort(string text, string whole) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
            ? port
            : throw new FormatException($"'{whole}' has no valid port.");
}
