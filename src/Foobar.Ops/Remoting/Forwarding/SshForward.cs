using System.Globalization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>The text of OpenSSH's <c>-L</c> (ssh(1)).</summary>
internal static class SshForward
{
    /// <summary>The argument that leads a local unix socket to an endpoint.</summary>
    /// <exception cref="FoobarException"><c>EndpointInvalid</c>.</exception>
    public static string Argument(string localPath, RemoteEndpoint endpoint) => $"{Escaped(localPath)}:{Target(endpoint)}";

    /// <summary>How OpenSSH writes an endpoint.</summary>
    /// <exception cref="FoobarException"><c>EndpointInvalid</c>.</exception>
    public static string Target(RemoteEndpoint endpoint) => endpoint switch
    {
        RemoteEndpoint.Tcp { Port: > 0 and <= 65535 } tcp when tcp.Host.Length > 0 && tcp.Host[0] != '-' && tcp.Host.All(IsOfHost) =>
            string.Create(CultureInfo.InvariantCulture, $"[{tcp.Host.Trim('[', ']')}]:{tcp.Port}"),
        RemoteEndpoint.UnixSocket { Path: ['/', ..] path }
            when !path.Any(char.IsControl) && !path.Contains("${", StringComparison.Ordinal) => Escaped(path),
        _ => throw new FoobarException(
            "EndpointInvalid", ErrorKind.InvalidInput, $"{ShellText.Show(endpoint.ToString())} is no endpoint that a session can lead to.")
        {
            Recommendation = "Give a host name or address and a port from 1 to 65535, or the absolute path of a unix socket.",
        },
    };

    private static bool IsOfHost(char character) =>
        char.IsAsciiLetterOrDigit(character) || ".-_:[]".Contains(character, StringComparison.Ordinal);

    /// <summary>OpenSSH splits at colons, takes a backslash as an escape, and expands tokens that begin with a percent sign.</summary>
    private static string Escaped(string path) => path
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal)
        .Replace("%", "%%", StringComparison.Ordinal);
}
