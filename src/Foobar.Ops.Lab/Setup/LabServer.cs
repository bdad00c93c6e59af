using Foobar.Ops.Inventory;

namespace Foobar.Ops.Lab.Setup;

/// <summary>One server of the lab.</summary>
/// <param name="Name">Its name and host name.</param>
/// <param name="Roles">What it is there for.</param>
/// <param name="Links">Its interfaces, one a network.</param>
internal sealed record LabServer(string Name, IReadOnlyList<Role> Roles, IReadOnlyList<LabLink> Links)
{
    /// <summary>Tells whether it has a role.</summary>
    public bool Is(Role role) => Roles.Contains(role);

    /// <summary>Its interface in a network.</summary>
    public LabLink On(LabNetworkName network) => Links.Single(link => link.Network == network);

    /// <summary>The number at the end of its name.</summary>
    public int Number => Name[^1] - '0';
}
