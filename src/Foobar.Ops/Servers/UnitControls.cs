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
            "A service that does not run takes its part of the site down, or leaves only one server to carry it.",
            "See why it stopped (journalctl -u UNIT) and start it (systemctl start UNIT).",
            "systemctl(1)"),
        server => server.Facts.Units.Judge(
            units => RoleUnits.Of(server.Server, server.Site.Policy).Select(required => JudgeRunning(required, units))));

    /// <summary>SRV-002.</summary>
    public static Control<ServerCase<ServerFacts>> NoneFailed { get; } = new(
        ServerControls.Info(
            "SRV-002",
            Severity.Medium,
            "No unit has failed",
            "A failed unit is work that was meant to be done and was not: a backup, a log rotation, a certificate renewal.",
            "See why it failed (journalctl -u UNIT), mend it, and run 'systemctl reset-failed UNIT'.",
            "systemctl(1)"),
        server => server.Facts.Units.Judge(units => units
            .Where(unit => unit.Active == "failed")
            .Select(unit => Verdict.Fail(unit.Name, "not failed", $"{unit.Active} ({unit.Sub})", $"{UnitParser.Source}: {Shown(unit)}"))
            .OrPass("no failed unit")));

    /// <summary>SRV-014.</summary>
    public static Control<ServerCase<ServerFacts>> RolesStartAtBoot { get; } = new(
        ServerControls.Info(
            "SRV-014",
            Severity.High,
            "The services of the server's roles start at boot",
            "A service that someone started by hand is gone after the next power cut or kernel update.",
            "Enable it: systemctl enable UNIT.",
            "systemctl(1)"),
        server => server.Facts.Units.Judge(
            units => RoleUnits.Of(server.Server, server.Site.Policy).Select(required => JudgeBoot(required, units))));

    private static Verdict JudgeRunning(RequiredUnit required, IReadOnlyList<Unit> units)
    {
        Unit[] known = Known(required, units);
        Unit? active = Array.Find(known, unit => unit.IsActive);
        if (active is not null)
        {
            return Verdict.Pass(active.Name, $"{active.Active} ({active.Sub})");
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

    private static Verdict JudgeBoot(RequiredUnit required, IReadOnlyList<Unit> units)
    {
        Unit[] known = [.. Known(required, units).Select(unit => Meant(unit, units)).DistinctBy(static unit => unit.Name)];
        Unit? enabled = Array.Find(known, unit => unit.StartsAtBoot);
        return enabled is not null
            ? Verdict.Pass(enabled.Name, enabled.FileState)
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
