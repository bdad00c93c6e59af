using Foobar.Ops.Inventory;

namespace Foobar.Ops.Servers;

/// <summary>A service that must run, known by any of several units: distributions name the same service differently.</summary>
/// <param name="Why">The role it is for, as findings say it.</param>
/// <param name="Names">The units, any of which will do.</param>
internal sealed record RequiredUnit(string Why, IReadOnlyList<string> Names);

/// <summary>The units that must run on a server by its roles: those declared for a role, else the usual one of its kind.</summary>
internal static class RoleUnits
{
    private static readonly Dictionary<Role, string[]> Usual = new()
    {
        [Role.LoadBalancer] = ["haproxy.service"],
        [Role.Web] = ["nginx.service"],
        [Role.Database] = ["mysql.service", "mysqld.service", "mariadb.service"],
        [Role.Monitoring] = ["prometheus.service"],
    };

    private static readonly RequiredUnit Ssh = new("every server", ["ssh.service", "sshd.service", "ssh.socket", "sshd.socket"]);

    /// <summary>What must run on a server.</summary>
    public static IEnumerable<RequiredUnit> Of(Server server, Policy policy) =>
        server.Roles.SelectMany(role => OfRole(role, policy.Servers)).Append(Ssh);

    private static IEnumerable<RequiredUnit> OfRole(Role role, ServerPolicy policy) =>
        policy.Units.TryGetValue(role, out IReadOnlyList<string>? declared)
            ? declared.Select(
                name => new RequiredUnit($"role {role}", [name.Contains('.', StringComparison.Ordinal) ? name : name + ".service"]))
            : Usual.TryGetValue(role, out string[]? usual) ? [new RequiredUnit($"role {role}", usual)] : [];
}
