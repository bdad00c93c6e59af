using Foobar.Ops.Findings;
using Foobar.Ops.Linux;
using Foobar.Ops.Servers;

namespace Foobar.Ops.Auditing;

/// <summary>Facts of servers without what reading them changes.</summary>
internal static class LastingServerFacts
{
    // timedatectl and its kin wake these over D-Bus, and they end by themselves after a while (systemd-timedated.service(8)).
    private static readonly string[] Woken = ["systemd-timedated.service", "systemd-hostnamed.service", "systemd-localed.service"];

    /// <summary>The facts without the units that are woken by being asked.</summary>
    public static ServerFacts Of(ServerFacts facts) => facts.Units.TryGet(out IReadOnlyList<Unit>? units)
        ? facts with { Units = Reading.Of<IReadOnlyList<Unit>>([.. units.Where(unit => !Woken.Contains(unit.Name))], facts.Units.Source) }
        : facts;
}
