using Foobar.Ops.Findings;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>What a server says of itself.</summary>
public sealed record ServerFacts
{
    /// <summary>The operating system.</summary>
    public required Reading<SystemIdentity> System { get; init; }

    /// <summary>When it started, in UTC. In a container, when the container did.</summary>
    public required Reading<DateTimeOffset> BootTime { get; init; }

    /// <summary>What systemd says of the system as a whole: <c>running</c>, <c>degraded</c>, <c>starting</c> ...</summary>
    public required Reading<string> SystemState { get; init; }

    /// <summary>The units of systemd.</summary>
    public required Reading<IReadOnlyList<Unit>> Units { get; init; }

    /// <summary>The sockets that listen.</summary>
    public required Reading<IReadOnlyList<ListeningSocket>> Sockets { get; init; }

    /// <summary>The range of ports the kernel hands out to clients.</summary>
    public required Reading<EphemeralPorts> EphemeralPorts { get; init; }

    /// <summary>The file systems and how full they are.</summary>
    public required Reading<IReadOnlyList<FileSystem>> FileSystems { get; init; }

    /// <summary>The mounts.</summary>
    public required Reading<IReadOnlyList<Mount>> Mounts { get; init; }

    /// <summary>Memory.</summary>
    public required Reading<MemoryUse> Memory { get; init; }

    /// <summary>What keeps the clock right.</summary>
    public required Reading<ClockSync> ClockSync { get; init; }

    /// <summary>How far the clock is from the operator's.</summary>
    public required Reading<ClockOffset> ClockOffset { get; init; }

    /// <summary>What waits for a restart.</summary>
    public required Reading<PendingReboot> PendingReboot { get; init; }

    /// <summary>The effective settings of the SSH server.</summary>
    public required Reading<SshdSettings> Sshd { get; init; }
}
