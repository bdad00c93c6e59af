namespace Foobar.Ops.Linux;

/// <summary>A unit of systemd as it is now. The words are systemd's own (systemctl(1), "UNIT STATES").</summary>
public sealed record Unit
{
    /// <summary>The full name: <c>nginx.service</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>loaded</c>, <c>not-found</c>, <c>masked</c>, <c>error</c> ...</summary>
    public required string Load { get; init; }

    /// <summary><c>active</c>, <c>reloading</c>, <c>inactive</c>, <c>failed</c>, <c>activating</c>, <c>deactivating</c>.</summary>
    public required string Active { get; init; }

    /// <summary>The state of its kind: <c>running</c>, <c>exited</c>, <c>listening</c>, <c>dead</c> ...</summary>
    public required string Sub { get; init; }

    /// <summary>What the unit says it is.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// Whether it starts at boot: <c>enabled</c>, <c>disabled</c>, <c>static</c>, <c>masked</c>, <c>generated</c> ...
    /// (systemctl(1), "is-enabled"); empty for a unit without a file, and for one no role or agent is about.
    /// </summary>
    public string FileState { get; init; } = "";

    /// <summary>
    /// The unit that an <c>alias</c> is another name of, which may be an alias itself; <see langword="null"/> if this is none, or its
    /// link was not read.
    /// </summary>
    public string? AliasOf { get; init; }

    /// <summary>
    /// How often systemd started it again; <see langword="null"/> where that was not read: of services that no role is about, of other
    /// units than services, and of a systemd before 235.
    /// </summary>
    public UnitRestarts? Restarts { get; init; }

    /// <summary>
    /// What would keep it from starting at boot; <see langword="null"/> where that was not read: of units that do not start at boot, and
    /// of those that no role is about.
    /// </summary>
    public UnitConditions? Conditions { get; init; }

    /// <summary>Whether it has ended, and systemd is about to start it again.</summary>
    public bool WaitsForRestart => Active == "activating" && (Sub is "auto-restart" or "auto-restart-queued");

    /// <summary>Whether it does its work: active, or being reloaded while it does.</summary>
    public bool IsActive => Active is "active" or "reloading" or "refreshing";

    /// <summary>
    /// Whether a boot brings it up, as far as its own file says. What is enabled in /run only is gone by then; an alias that a package
    /// brings stays when its unit is disabled.
    /// </summary>
    public bool StartsAtBoot => FileState is "enabled" or "generated";
}
