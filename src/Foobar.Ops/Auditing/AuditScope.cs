using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>
/// What of a site an audit looks at. Each list narrows it; an empty list does not. Ids and names may hold the wildcards
/// <c>*</c> and <c>?</c> and are compared without regard to case. A control that looks at all servers together is given all of
/// them whatever the scope; of its findings those of servers in the scope are kept.
/// </summary>
public sealed record AuditScope
{
    /// <summary>The whole site.</summary>
    public static AuditScope Everything { get; } = new();

    /// <summary>Only controls of these areas.</summary>
    public IReadOnlyList<Area> Areas { get; init; } = [];

    /// <summary>Only controls of these ids: <c>FW-*</c>.</summary>
    public IReadOnlyList<string> Controls { get; init; } = [];

    /// <summary>No controls of these ids.</summary>
    public IReadOnlyList<string> ExcludedControls { get; init; } = [];

    /// <summary>Only controls of these severities.</summary>
    public IReadOnlyList<Severity> Severities { get; init; } = [];

    /// <summary>Only servers of these names.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>Only servers with one of these roles.</summary>
    public IReadOnlyList<Role> Roles { get; init; } = [];

    /// <summary>
    /// Tells whether a control is in the scope. Controls of the setup as a whole read every server: where servers are named, they
    /// are only if they are asked for.
    /// </summary>
    public bool Holds(ControlInfo control) =>
        (control.Area != Area.Topology || Areas.Count > 0 || Controls.Count > 0 || (Servers.Count == 0 && Roles.Count == 0))
        && (Areas.Count == 0 || Areas.Contains(control.Area))
        && (Severities.Count == 0 || Severities.Contains(control.Severity))
        && (Controls.Count == 0 || Wildcard.Any(Controls, control.Id))
        && !Wildcard.Any(ExcludedControls, control.Id);

    /// <summary>Tells whether a server is in the scope.</summary>
    public bool Holds(Server server) =>
        (Servers.Count == 0 || Wildcard.Any(Servers, server.Name))
        && (Roles.Count == 0 || Roles.Any(server.Is));

    /// <summary>Tells whether a finding is in the scope; one of the site as a whole is unless servers are named.</summary>
    public bool Holds(Finding finding, Site site) =>
        finding.Server is { } name && site.Find(name) is { } server ? Holds(server) : Servers.Count == 0 && Roles.Count == 0;

    /// <summary>Sees to it that every name and id in the scope means something, so that a typing mistake is no pass.</summary>
    /// <exception cref="FoobarException"><c>ServerNotFound</c>, <c>ControlNotFound</c>.</exception>
    public void Check(Site site, IReadOnlyList<ControlInfo> controls)
    {
        foreach (string pattern in Servers.Where(pattern => !site.Servers.Any(server => Wildcard.Matches(pattern, server.Name))))
        {
            throw new FoobarException(
                "ServerNotFound", ErrorKind.NotFound,
                $"No server of {site.Name} is named '{pattern}'; it has {string.Join(", ", site.Servers)}.")
            {
                Recommendation = "Name a server of the inventory, or a pattern with * that matches one.",
            };
        }

        Check(controls);
    }

    /// <summary>Sees to it that every control id in the scope means something.</summary>
    /// <exception cref="FoobarException"><c>ControlNotFound</c>.</exception>
    public void Check(IReadOnlyList<ControlInfo> controls)
    {
        foreach (string pattern in Controls.Concat(ExcludedControls)
            .Where(pattern => !controls.Any(control => Wildcard.Matches(pattern, control.Id))))
        {
            throw new FoobarException("ControlNotFound", ErrorKind.NotFound, $"No control has the id '{pattern}'.")
            {
                Recommendation = "Get-FoobarControl lists all ids; a pattern with * matches several: FW-*.",
            };
        }
    }
}
