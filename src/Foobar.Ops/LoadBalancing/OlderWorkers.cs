using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LoadBalancing;

/// <summary>
/// The workers of HAProxy that a reload left to finish their connections (Management Guide, 4 "Stopping and restarting HAProxy"). The
/// runtime API tells of the new one alone, so the kernel is asked (ss(8)).
/// </summary>
internal static partial class OlderWorkers
{
    private const string Script = """
        PATH=$PATH:/usr/sbin:/sbin
        ss -H -t -n -p state established dst "$1"
        """;

    /// <summary>How many connections they hold to a server; <see langword="null"/> if that can't be seen.</summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="adminSocket">The path of its admin socket.</param>
    /// <param name="server">The server.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<long?> ConnectionsAsync(
        IServerSession session, string adminSocket, BackendServer server, CancellationToken cancellationToken)
    {
        if (!IPEndPoint.TryParse(server.Address, out IPEndPoint? endpoint))
        {
            return null;
        }

        try
        {
            string info = await HaproxySocket.AskAsync(session, adminSocket, InfoParser.Source, cancellationToken);
            CommandResult listed = await session.RunAsync(
                RemoteCommand.FromScript(Script, [$"{endpoint}"]) with { Privileged = true }, cancellationToken);
            return listed.ExitCode == 0 ? Count(listed.OutputText, InfoParser.Parse(info).ProcessId) : null;
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return null;
        }
    }

    /// <summary>The connections of HAProxy's processes but the one that serves now.</summary>
    /// <param name="listing">The lines of <c>ss -H -t -n -p</c>.</param>
    /// <param name="current">The process that serves now.</param>
    internal static long Count(string listing, int current) => listing.Split('\n')
        .Select(static line => Holder().Match(line))
        .Count(match => match.Success && match.Groups[1].Value != FormattableString.Invariant($"{current}"));

    [GeneratedRegex("\\(\"haproxy\",pid=([0-9]+),", RegexOptions.CultureInvariant)]
    private static partial Regex Holder();
}
