using Foobar.Ops.Findings;

namespace Foobar.Ops.Linux;

/// <summary>The words of systemd for the states of units.</summary>
internal static class UnitWords
{
    private const string Source = "systemctl(1), systemd 247 to 258";

    /// <summary>What a unit does.</summary>
    public static readonly Vocabulary ActiveStates = new Vocabulary("systemd active state", Source)
        .Handled("active, reloading, refreshing, inactive, failed, activating, deactivating")
        .Undecided("the unit is being cleaned or mended by hand", "maintenance");

    /// <summary>Whether a unit's file brings it up at boot.</summary>
    public static readonly Vocabulary FileStates = new Vocabulary("systemd unit file state", Source)
        .Handled("enabled, enabled-runtime, linked, linked-runtime, masked, masked-runtime, disabled, generated, transient, bad")
        .Undecided("the unit starts at boot only if another one asks for it, which is not followed", "static, indirect")
        .Undecided("it is another name of a unit whose file was not read", "alias");
}
