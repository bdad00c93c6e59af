namespace Foobar.Ops.Linux;

/// <summary>A mount as the kernel knows it (proc_pid_mountinfo(5)).</summary>
public sealed record Mount
{
    /// <summary>Where it is mounted.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The kind of file system: <c>ext4</c>, <c>overlay</c>, <c>tmpfs</c> ...</summary>
    public required string Type { get; init; }

    /// <summary>The device or source.</summary>
    public required string Device { get; init; }

    /// <summary>Whether nothing can be written there: by the mount, or since the kernel made the file system read-only.</summary>
    public required bool IsReadOnly { get; init; }

    /// <summary>Whether /etc/fstab wants it read-only.</summary>
    public bool DeclaredReadOnly { get; init; }
}
