using Foobar.Ops.Findings;

namespace Foobar.Ops.Servers;

/// <summary>What the servers themselves must be like.</summary>
public static class ServerControls
{
    /// <summary>All controls of this area, in the order of their ids.</summary>
    public static IReadOnlyList<Control<ServerCase<ServerFacts>>> All { get; } =
    [
        UnitControls.RolesRun,
        UnitControls.NoneFailed,
        SocketControls.OnlyDeclared,
        SocketControls.DeclaredListen,
        DiskControls.Space,
        DiskControls.Inodes,
        DiskControls.Writable,
        SystemControls.Memory,
        ClockControls.Synchronized,
        ClockControls.Offset,
        SystemControls.Reboot,
        SshdControls.RootPassword,
        SshdControls.KeysOnly,
        UnitControls.RolesStartAtBoot,
    ];

    internal static ControlInfo Info(
        string id, Severity severity, string title, string rationale, string remediation, string? reference = null) =>
        new(id, title, Area.Server, severity, rationale, remediation, reference);
}
