using Foobar.Ops.Findings;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.LoadBalancing;

/// <summary>Holds what the servers of the backends are now against what a start of HAProxy would make of them.</summary>
internal static class StartJudge
{
    private const string Evidence = HaproxyFiles.Source;

    public static IEnumerable<Verdict> Judge(ServerCase<LoadBalancerFacts> server) =>
        server.Facts.Statistics.Judge(statistics => server.Facts.Starts.Judge(starts =>
    {
        Dictionary<(string, string), ServerStart> configured = starts.DistinctBy(start => (start.Backend, start.Name))
            .ToDictionary(start => (start.Backend, start.Name));
        BackendServer[] servers = [.. statistics.Backends.SelectMany(backend => backend.Servers)];
        return servers.Length == 0
            ? [Verdict.NotApplicable(actual: "no backend has a server")]
            : servers.Select(each => Judge(each, configured.GetValueOrDefault((each.Backend, each.Name))));
    }));

    private static Verdict Judge(BackendServer now, ServerStart? start)
    {
        string target = $"{now.Backend}/{now.Name}";
        bool isOut = (now.State is BackendServerState.Maintenance or BackendServerState.Drain) && !now.IsOutByItself;
        return now.State == BackendServerState.Unknown ? Verdict.Unknown(
            target, $"'{now.Status}' is no state of a server that is known.", "show stat")
            : now.State == BackendServerState.Maintenance && now.IsOutByItself ? Verdict.NotApplicable(
                target, $"{now.Status}: whether an operator wants it in can't be seen meanwhile")
            : start is null
                ? Verdict.Unknown(
                    target,
                    "The configuration has no line of its own for it (a server-template, or a server added at run time), so what a start "
                        + "makes of it can't be told.",
                    Evidence)
            : start.Doubts.Count > 0 ? Verdict.Unknown(
                target, $"What a start makes of it can't be told: {string.Join("; ", start.Doubts)}.", Evidence)
            : start.TakesTraffic == isOut ? Verdict.Fail(
                target, isOut ? "out after a restart too" : "in after a restart too", $"now {now.Status}, after a restart {start}",
                Evidence)
            : Verdict.Pass(target, $"now {now.Status}, after a restart {start}");
    }
}
