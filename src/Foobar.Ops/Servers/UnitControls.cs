using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>Controls over the units of systemd.</summary>
internal static class UnitControls
{
    /// <summary>SRV-001.</summary>
    public static Control<ServerCase<ServerFacts>> RolesRun { get; } = new(
        ServerControls.Info(
            "SRV-001",
            Severity.Critical,
            "The services of the server's roles run",
            "A service that does not run takes its part of the site down, or leaves only one server to carry it; one that ends and is "
                + "started again all the time is down again and again.",
            "See why it stopped (journalctl -u UNIT) and start it (systemctl start UNIT).",
            "systemctl(1), systemd.service(5)"),
        server => server.Facts.Units.Judge(
            units => RoleUnits.Of(server.Server, server.Site.Policy).Select(required => JudgeRunning(required, units))));

    /// <summary>SRV-002.</summary>
    public static Control<ServerCase<ServerFacts>> NoneFailed { get; } = new(
        ServerControls.Info(
            "SRV-002",
            Severity.Medium,
            "No unit has failed",
            "A failed unit is work that was meant to be done and was not: a backup, a log rotation, a certificate renewal. One that "
                + "fails, and is started only to fail again, never shows as failed.",
            "See why it failed (journalctl -u UNIT), mend it, and run 'systemctl reset-failed UNIT'.",
            "systemctl(1), systemd.service(5)"),
        server => server.Facts.Units.Judge(units => units
            .Where(unit => unit.Active == "failed" || FailsAgain(unit))
            .Select(unit => Verdict.Fail(
                unit.Name, "not failed",
                $"{unit.Active} ({unit.Sub})"
                    + (unit.Restarts is { } restarts ? $", its result is {restarts.Result}; {Told(restarts)}" : ""),
                $"{UnitParser.Source}: {Shown(unit)}"))
            .OrPass("no failed unit")));

    /// <summary>SRV-014.</summary>
    public static Control<ServerCase<ServerFacts>> RolesStartAtBoot { get; } = new(
        ServerControls.Info(
            "SRV-014",
            Severity.High,
            "The services of the server's roles start at boot",
            "A service that someone started by hand is gone after the next power cut or kernel update; so is one with a condition that "
                + "does not hold any more.",
            "Enable it: systemctl enable UNIT. See which of its conditions fail: systemd-analyze condition --unit=UNIT.",
            "systemctl(1), systemd.unit(5)"),
        server => server.Facts.Units.Judge(
            units => RoleUnits.Of(server.Server, server.Site.Policy).Select(required => JudgeBoot(required, units))));

    private static Verdict JudgeRunning(RequiredUnit required, IReadOnlyList<Unit> units)
    {
        Unit[] known = Known(required, units);
        Unit? active = Array.Find(known, unit => unit.IsActive);
        if (active is not null)
        {
            return JudgeRestarts(active);
        }

        if (Array.Find(known, unit => UnitWords.ActiveStates.Trouble(unit.Active) is not null) is { } strange)
        {
            return Verdict.Unknown(
                strange.Name, $"Whether it runs is not known: {UnitWords.ActiveStates.Trouble(strange.Active)}.", UnitParser.Source);
        }

        // One that is on its way up is not up; one that is masked or was never installed is worse.
        Unit? best = known.FirstOrDefault(unit => unit.Load == "loaded") ?? known.FirstOrDefault();
        string target = best?.Name ?? required.Names[0];
        string actual = best is null ? "no such unit" : $"{best.Active} ({best.Sub}), {best.Load}";
        return Verdict.Fail(
            target, $"active, for {required.Why}", actual,
            $"{UnitParser.Source}: {(best is null ? "none of " + string.Join(", ", required.Names) : Shown(best))}");
    }

    // What ends well may be started again on purpose, as a timer would.
    private static bool FailsAgain(Unit unit) => unit.WaitsForRestart && unit.Restarts?.Result != "success";

    // The counter grows over months: a loop is what the last hour shows. One that has stayed up for a while is out of it.
    private static Verdict JudgeRestarts(Unit unit)
    {
        string state = $"{unit.Active} ({unit.Sub})";
        if (unit.Restarts is not { } restarts)
        {
            return Verdict.Pass(
                unit.Name,
                unit.Name.EndsWith(".service", StringComparison.Ordinal) ? $"{state}; how often it was started again was not read" : state);
        }

        string actual = restarts.Count == 0 ? state : $"{state}; {Told(restarts)}";
        string evidence = $"{RestartScript.Source}: {unit.Name} NRestarts={restarts.Count}";
        return !RestartScript.IsSuspect(restarts) || restarts.LastHour < RestartScript.Loop ? Verdict.Pass(unit.Name, actual)
            : restarts.LastHour is null
                ? Verdict.Warning(
                    unit.Name,
                    "a service that stays up",
                    $"{actual}; the journal does not tell how many of them in the last hour",
                    evidence)
            : Verdict.Fail(unit.Name, "a service that stays up", actual, $"{evidence}; journalctl _PID=1 UNIT={unit.Name}");
    }

    private static string Told(UnitRestarts restarts)
    {
        string recent = restarts.LastHour is { } hour
            ? string.Create(CultureInfo.InvariantCulture, $", {hour} of them in the last hour")
            : "";
        string last = restarts.ActiveSeconds is { } seconds ? $", last {Span(TimeSpan.FromSeconds(seconds))} ago" : "";
        return string.Create(CultureInfo.InvariantCulture, $"systemd started it again {restarts.Count} times{recent}{last}");
    }

    private static string Span(TimeSpan time) =>
        time.TotalMinutes < 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : time.TotalHours < 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min")
        : time.TotalDays < 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days");

    private static Verdict JudgeBoot(RequiredUnit required, IReadOnlyList<Unit> units)
    {
        Unit[] known = [.. Known(required, units).Select(unit => Meant(unit, units)).DistinctBy(static unit => unit.Name)];
        Unit? enabled = known.Where(static unit => unit.StartsAtBoot).MinBy(static unit => Hindrance(unit.Conditions));
        return enabled is not null
            ? JudgeConditions(enabled, required)
            : known.Length == 0
                ? Verdict.NotApplicable(required.Names[0], "no such unit")
                : Array.Find(
                    known, unit => unit.FileState.Length > 0 && UnitWords.FileStates.Trouble(unit.FileState) is not null) is { } undecided
                ? Verdict.Unknown(
                    undecided.Name, $"Whether it starts at boot is not known: {UnitWords.FileStates.Trouble(undecided.FileState)}.",
                    UnitParser.FilesSource)
                : Verdict.Fail(
                    known[0].Name, $"enabled, for {required.Why}",
                    known[0].FileState.Length == 0 ? "no unit file" : known[0].FileState,
                    UnitParser.FilesSource);
    }

    // The least first: of several units any will do.
    private static int Hindrance(UnitConditions? conditions) =>
        conditions switch { null or { Doubt: null, Failed.Count: 0 } => 0, { Doubt: not null } or { IsOfThisBoot: true } => 1, _ => 2 };

    private static Verdict JudgeConditions(Unit unit, RequiredUnit required)
    {
        string evidence = $"{ConditionScript.Source}={unit.Name}";
        return unit.Conditions switch
        {
            { Doubt: { } doubt } => Verdict.Unknown(
                unit.Name, $"It is {unit.FileState} and has conditions; whether they hold is not known: {doubt}", evidence),
            { IsOfThisBoot: true, Failed: var failed } => Verdict.Unknown(
                unit.Name,
                $"It is {unit.FileState}; whether {string.Join(", ", failed)} holds at boot can't be told now, when it does not.",
                evidence),
            { Failed: { Count: > 0 } failed } => Verdict.Fail(
                unit.Name, $"it starts at boot, for {required.Why}", $"{unit.FileState}, but {string.Join(", ", failed)} does not hold",
                evidence),
            _ => Verdict.Pass(unit.Name, unit.FileState),
        };
    }

    /// <summary>The unit that an alias leads to, as far as it is known; any other unit itself.</summary>
    private static Unit Meant(Unit unit, IReadOnlyList<Unit> units)
    {
        HashSet<string> passed = [];
        while (passed.Add(unit.Name) && units.FirstOrDefault(other => other.Name == unit.AliasOf) is { } target)
        {
            unit = target;
        }

        return unit;
    }

    private static Unit[] Known(RequiredUnit required, IReadOnlyList<Unit> units) =>
        [.. required.Names.SelectMany(name => units.Where(unit => unit.Name == name)).Where(unit => unit.Load != "not-found")];

    private static string Shown(Unit unit) => $"{unit.Name} {unit.Load} {unit.Active} {unit.Sub} {unit.Description}";
}
