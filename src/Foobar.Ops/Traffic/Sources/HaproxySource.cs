using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// HAProxy's frontends: <c>req_tot</c> for HTTP and <c>stot</c> for TCP. Not <c>CumReq</c> of <c>show info</c>, which
/// counts requests for statistics too. Both commands go in one exchange, so the process the counters are of is known.
/// </summary>
internal sealed class HaproxySource(IServerSession session, string adminSocket) : TrafficSource(session.Server.Name)
{
    private const string Command = InfoParser.Source + ";" + StatParser.Source;

    private const string TableStart = "# pxname";

    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken) =>
        Parse(await HaproxySocket.AskAsync(session, adminSocket, Command, cancellationToken));

    /// <exception cref="Errors.ParseException">The answer does not hold both parts.</exception>
    internal static CounterReading Parse(string text)
    {
        int table = text.IndexOf(TableStart, StringComparison.Ordinal);
        if (table < 0)
        {
            throw new Errors.ParseException(null, Command, 0, $"expected a table that begins with '{TableStart}'.");
        }

        HaproxyProcess process = InfoParser.Parse(text[..table]);
        return new CounterReading(
            [.. StatParser.Parse(text[table..]).Frontends.Select(frontend => frontend.RequestsTotal is { } requests
                ? new Counter(TrafficOrigin.HaproxyFrontend, frontend.Name, TrafficUnit.Requests, requests)
                : new Counter(TrafficOrigin.HaproxyFrontend, frontend.Name, TrafficUnit.Sessions, frontend.SessionsTotal))],
            FormattableString.Invariant($"process {process.ProcessId}"));
    }
}
