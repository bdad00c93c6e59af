using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>Controls over file systems.</summary>
internal static class DiskControls
{
    /// <summary>Kinds of file systems that are read-only by nature: images, media, packages.</summary>
    private static readonly HashSet<string> ReadOnlyByNature = ["squashfs", "iso9660", "erofs", "cramfs", "udf", "romfs"];

    /// <summary>Below these the kernel and service managers keep their own: read-only on purpose in containers and sandboxes.</summary>
    private static readonly string[] KernelTrees = ["/proc", "/sys", "/dev", "/run", "/snap"];

    /// <summary>SRV-005.</summary>
    public static Control<ServerCase<ServerFacts>> Space { get; } = new(
        ServerControls.Info(
            "SRV-005",
            Severity.High,
            "Disks have space left",
            "A full disk stops the database, the logs and every deployment at once.",
            "Find what grew (du -x), remove or move it, or enlarge the file system.",
            "df(1)"),
        server => server.Facts.FileSystems.Judge(disks => Writables(disks, server.Facts.Mounts)
            .Select(
                disk => Judge(
                    disk.MountPoint, disk.UsedPercent, "used", server.Site.Policy.Servers,
                    $"{DfParser.Source}: {disk.UsedBytes} of {disk.SizeBytes} bytes used on {disk.Device}"))));

    /// <summary>SRV-006.</summary>
    public static Control<ServerCase<ServerFacts>> Inodes { get; } = new(
        ServerControls.Info(
            "SRV-006",
            Severity.High,
            "Disks have inodes left",
            "Without inodes no file can be made though space is left: the same outage with a misleading cause.",
            "Find the directory with many small files (du --inodes -x) and remove them.",
            "df(1)"),
        server => server.Facts.FileSystems.Judge(disks => Writables(disks, server.Facts.Mounts)
            .Select(disk => disk.InodesUsedPercent is { } percent
                ? Judge(
                    disk.MountPoint, percent, "of inodes used", server.Site.Policy.Servers,
                    $"{DfParser.InodesSource}: {disk.InodesUsed} of {disk.Inodes} used on {disk.Device}")
                : Verdict.NotApplicable(disk.MountPoint, "no limit on inodes"))));

    /// <summary>SRV-007.</summary>
    public static Control<ServerCase<ServerFacts>> Writable { get; } = new(
        ServerControls.Info(
            "SRV-007",
            Severity.Critical,
            "No file system became read-only",
            "The kernel makes a file system read-only when its disk fails; services then fail one write at a time.",
            "Look for disk errors (dmesg), check the file system, remount it; if it is meant to be read-only, say so in /etc/fstab.",
            "proc_pid_mountinfo(5)"),
        server => server.Facts.Mounts.Judge(mounts => mounts
            .Where(IsUnexpectedlyReadOnly)
            .Select(
                mount => Verdict.Fail(
                    mount.MountPoint, "writable, or read-only in /etc/fstab", "read-only",
                    $"{MountParser.Source}: {mount.Device} ({mount.Type})"))
            .OrPass("no unexpected read-only file system")));

    /// <summary>What can't be written to can't fill up: an image is full by nature (squashfs).</summary>
    private static IEnumerable<FileSystem> Writables(IReadOnlyList<FileSystem> disks, Reading<IReadOnlyList<Mount>> mounts) =>
        disks.Where(disk => mounts.Value?.Any(mount => mount.MountPoint == disk.MountPoint && mount.IsReadOnly) != true);

    private static bool IsUnexpectedlyReadOnly(Mount mount) =>
        mount is { IsReadOnly: true, DeclaredReadOnly: false }
        && !ReadOnlyByNature.Contains(mount.Type)
        && !KernelTrees.Any(tree => mount.MountPoint == tree || mount.MountPoint.StartsWith(tree + "/", StringComparison.Ordinal));

    private static Verdict Judge(string mountPoint, double percent, string what, ServerPolicy policy, string evidence)
    {
        string actual = $"{Judging.Measure(percent, "%")} {what}";
        string Expected(double limit) => $"at most {Judging.Measure(limit, "%")} {what}";
        return percent > policy.DiskFailPercent ? Verdict.Fail(mountPoint, Expected(policy.DiskFailPercent), actual, evidence)
            : percent > policy.DiskWarnPercent ? Verdict.Warning(mountPoint, Expected(policy.DiskWarnPercent), actual, evidence)
            : Verdict.Pass(mountPoint, actual);
    }
}
