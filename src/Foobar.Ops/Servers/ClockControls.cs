using Foobar.Ops.Findings;

namespace Foobar.Ops.Servers;

/// <summary>Controls over the clock.</summary>
internal static class ClockControls
{
    /// <summary>SRV-009.</summary>
    public static Control<ServerCase<ServerFacts>> Synchronized { get; } = new(
        ServerControls.Info(
            "SRV-009",
            Severity.Medium,
            "The clock is kept right",
            "Certificates, replication heartbeats, logs of several servers and one-time passwords all need clocks that agree.",
            "Enable a time service: systemctl enable --now systemd-timesyncd, or chrony.",
            "timedatectl(1)"),
        server => IsContainer(server)
            ? [Verdict.NotApplicable(actual: "a container has its host's clock")]
            : server.Facts.ClockSync.Judge(clock => [clock.Synchronized
                ? Verdict.Pass(actual: "synchronised")
                : Verdict.Fail(
                    null, "synchronised",
                    clock.ServiceEnabled == true ? "not synchronised, though a time service is enabled" : "not synchronised",
                    $"{ClockSync.Source}: NTPSynchronized=no")]));

    /// <summary>SRV-010.</summary>
    public static Control<ServerCase<ServerFacts>> Offset { get; } = new(
        ServerControls.Info(
            "SRV-010",
            Severity.High,
            "The clock agrees with the operator's",
            "A clock that is off makes valid certificates look expired and puts log lines of one event in the wrong order.",
            "Let the time service step the clock (chronyc makestep), or correct the operator's own clock.",
            "RFC 5905, 8: offset and delay from timestamps"),
        server => server.Facts.ClockOffset.Judge(offset => [JudgeOffset(offset, server.Site.Policy.Servers.MaxClockOffsetSeconds)]));

    private static bool IsContainer(ServerCase<ServerFacts> server) =>
        server.Facts.System.TryGet(out SystemIdentity? system) && system.IsContainer;

    private static Verdict JudgeOffset(ClockOffset offset, double limit)
    {
        string actual = FormattableString.Invariant(
            $"{offset.Seconds:+0.000;-0.000;0.000} s, give or take {offset.UncertaintySeconds:0.000} s");
        double distance = Math.Abs(offset.Seconds);
        return distance + offset.UncertaintySeconds <= limit ? Verdict.Pass(actual: actual)
            : distance - offset.UncertaintySeconds > limit
                ? Verdict.Fail(null, $"within {Judging.Measure(limit, "s")}", actual, ClockOffset.Source)
            : Verdict.Unknown(
                null,
                $"The server answers too slowly to tell whether its clock is within {Judging.Measure(limit, "s")}: {actual}.",
                ClockOffset.Source);
    }
}
