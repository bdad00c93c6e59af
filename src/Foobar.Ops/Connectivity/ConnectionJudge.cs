using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;

namespace Foobar.Ops.Connectivity;

/// <summary>Holds what came of probes against the policy and against the models. Pure.</summary>
internal sealed class ConnectionJudge(DateTimeOffset time, bool each)
{
    /// <summary>The findings of all probes.</summary>
    /// <param name="probes">The probes with what came of each.</param>
    public IEnumerable<Finding> Judge(IReadOnlyList<(PlannedProbe Plan, ProbeResult Result)> probes) =>
    [
        .. probes.Where(static probe => probe.Plan.Declared == Declared.Open)
            .Select(probe => Stamp(ConnectionControls.DeclaredConnects, probe.Plan, JudgeOpen(probe.Plan, probe.Result))),
        .. Condense(
            ConnectionControls.OthersDoNot, probes.Where(static probe => probe.Plan.Declared == Declared.Closed), JudgeClosed, "closed"),
        .. Condense(ConnectionControls.AgreesWithModel, probes, JudgeModel, "as computed"),
    ];

    /// <summary>The findings of declared flows that no route carries.</summary>
    public IEnumerable<Finding> Judge(IEnumerable<(NoRoute Pair, string Flow)> stranded) =>
        stranded.Select(entry => ConnectionControls.DeclaredConnects.ToFinding(
            Verdict.Fail(
                $"{entry.Pair.Vantage.Name} to {entry.Pair.Address}",
                $"connects (flow {entry.Flow})", "no route leads there", entry.Pair.Because), entry.Pair.Target.Name, time));

    // What is as it should be is said once for each pair of vantage and server, unless each probe is asked for.
    private IEnumerable<Finding> Condense(
        ControlInfo control,
        IEnumerable<(PlannedProbe Plan, ProbeResult Result)> probes,
        Func<PlannedProbe, ProbeResult, Verdict> judge,
        string pass)
    {
        foreach (IGrouping<(string, string), (PlannedProbe Plan, ProbeResult Result)> pair in probes.GroupBy(
            static probe => (probe.Plan.Vantage.Name, probe.Plan.Target.Name)))
        {
            (PlannedProbe Plan, Verdict Verdict)[] verdicts = [.. pair.Select(probe => (probe.Plan, judge(probe.Plan, probe.Result)))];
            PlannedProbe[] good =
            [
                .. verdicts.Where(verdict => !each && verdict.Verdict.Status == FindingStatus.Pass).Select(static verdict => verdict.Plan),
            ];
            foreach ((PlannedProbe plan, Verdict verdict) in verdicts.Where(verdict => !good.Contains(verdict.Plan)))
            {
                yield return Stamp(control, plan, verdict);
            }

            if (good.Length > 0)
            {
                string what = string.Join(", ", good.Select(static plan => plan.Probe.ToString()));
                yield return Stamp(
                    control, good[0],
                    Verdict.Pass(
                        $"{pair.Key.Item1} to {pair.Key.Item2}",
                        string.Create(CultureInfo.InvariantCulture, $"{good.Length} probes {pass}")) with
                    {
                        Evidence = what,
                    });
            }
        }
    }

    private Finding Stamp(ControlInfo control, PlannedProbe plan, Verdict verdict) => control.ToFinding(verdict, plan.Target.Name, time);

    private static Verdict JudgeOpen(PlannedProbe plan, ProbeResult result)
    {
        string expected = $"connects (flow {plan.Flow})";
        return result.State switch
        {
            ProbeState.Open => Verdict.Pass(plan.Label, $"{Describe(result)} (flow {plan.Flow})"),
            ProbeState.Refused when plan.Forecast.Passes == false =>
                Verdict.Fail(plan.Label, expected, $"refused by a firewall: {plan.Forecast.Because}", Evidence(plan, result)),
            ProbeState.Refused when plan.Forecast is { Passes: true, Listens: false } =>
                Verdict.Pass(plan.Label, $"reached; nothing listens (flow {plan.Flow})"),
            ProbeState.Refused =>
                Verdict.Warning(plan.Label, expected, "refused: nothing listens there, or a firewall rejects it", Evidence(plan, result)),
            ProbeState.NoReply when Datagrams.IsAnswered(result.Probe.Port) =>
                Verdict.Fail(plan.Label, expected, "no reply", Evidence(plan, result)),
            ProbeState.NoReply => Verdict.Unknown(
                plan.Label,
                "No reply came: whether a datagram arrives can't be told where the service does not answer.",
                Evidence(plan, result)),
            ProbeState.Filtered or ProbeState.Unreachable => Verdict.Fail(plan.Label, expected, Describe(result), Evidence(plan, result)),
            _ => Verdict.Unknown(plan.Label, result.Detail ?? "It could not be tried."),
        };
    }

    private static Verdict JudgeClosed(PlannedProbe plan, ProbeResult result)
    {
        const string Expected = "does not connect: no flow declares it";
        return result.State switch
        {
            ProbeState.Open => Verdict.Fail(plan.Label, Expected, Describe(result), Evidence(plan, result)),
            ProbeState.Refused when plan.Forecast.Passes == true =>
                Verdict.Fail(plan.Label, Expected, "reaches the server, where nothing listens now", Evidence(plan, result)),
            ProbeState.Refused when plan.Forecast.Passes is null => Verdict.Warning(
                plan.Label, Expected, "refused: by a firewall, or by the server because nothing listens now", Evidence(plan, result)),
            ProbeState.Unknown => Verdict.Unknown(plan.Label, result.Detail ?? "It could not be tried."),
            _ => Verdict.Pass(plan.Label, Describe(result)),
        };
    }

    private static Verdict JudgeModel(PlannedProbe plan, ProbeResult result)
    {
        Forecast forecast = plan.Forecast;
        if (result.State == ProbeState.Unknown)
        {
            return Verdict.Unknown(plan.Label, result.Detail ?? "It could not be tried.");
        }

        if (forecast.Passes is not { } passes)
        {
            return Verdict.Unknown(plan.Label, $"What the firewalls do with it could not be computed: {forecast.Because}.");
        }

        bool agrees = passes ? AgreesWithPassing(forecast, result) : AgreesWithStopping(forecast, result.State);
        string computed = passes
            ? $"passes{(forecast.Listens == false ? " and finds nothing listening" : string.Empty)}: {forecast.Because}"
            : $"is {(forecast.Rejects ? "rejected" : "dropped")}: {forecast.Because}";
        return agrees
            ? Verdict.Pass(plan.Label, $"{Describe(result)}, as computed")
            : Verdict.Fail(plan.Label, computed, Describe(result), Evidence(plan, result));
    }

    private static bool AgreesWithPassing(Forecast forecast, ProbeResult result) => result.State switch
    {
        ProbeState.Open => forecast.Listens != false,
        ProbeState.Refused => forecast.Listens != true,

        // A service need not answer a datagram, and kernels send few messages of closed ports (icmp(7), icmp_ratelimit).
        ProbeState.NoReply => forecast.Listens != true || !Datagrams.IsAnswered(result.Probe.Port),
        _ => false,
    };

    private static bool AgreesWithStopping(Forecast forecast, ProbeState state) => state is ProbeState.Filtered or ProbeState.NoReply
        || (forecast.Rejects && state is ProbeState.Refused or ProbeState.Unreachable);

    private static string Describe(ProbeResult result) => result.State switch
    {
        ProbeState.Open => string.Create(
            CultureInfo.InvariantCulture,
            $"{(result.Probe.Protocol == TransportProtocol.Tcp ? "connected" : "answered")}{(result.Time is { } took ? $" after {took.TotalMilliseconds:0.0} ms" : string.Empty)}"),
        ProbeState.Refused => "refused",
        ProbeState.Filtered => "no answer",
        ProbeState.NoReply => "no reply",
        ProbeState.Unreachable => $"unreachable ({result.Detail})",
        _ => "not tried",
    };

    private static string Evidence(PlannedProbe plan, ProbeResult result) =>
        $"{result.Probe} from {result.Source ?? plan.Source}: "
            + $"{Describe(result)}{(result.Detail is null || result.State == ProbeState.Unreachable ? string.Empty : $" ({result.Detail})")}; computed: {plan.Forecast.Because}";
}
