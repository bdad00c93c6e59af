using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Host;

/// <summary>What a machine must be, to run a lab.</summary>
internal static class HostRequirements
{
    private static readonly (string Program, string Package)[] Programs =
    [
        ("debootstrap", "debootstrap"), ("systemd-nspawn", "systemd-container"), ("ip", "iproute2"), ("ssh-keygen", "openssh-client"),
        ("mkfs.ext4", "e2fsprogs"), ("mount", "mount"), ("unshare", "util-linux"), ("setsid", "util-linux"), ("nsenter", "util-linux"),
    ];

    private static readonly string[] Directories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Why this machine can't run a lab at all, or <see langword="null"/> if it can (once missing packages are installed).</summary>
    public static async Task<LabException?> FindObstacleAsync(CancellationToken cancel)
    {
        if (!OperatingSystem.IsLinux() || ReadOsId() != "debian")
        {
            return LabException.Refused("The lab runs on Debian only.", "Use a Debian 12 machine or container with root rights.");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return LabException.Refused("The lab needs root: it makes network namespaces, mounts and containers.", "Run it again with sudo.");
        }

        if (LabPaths.Root.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"/._-".Contains(letter, StringComparison.Ordinal)))
        {
            return LabException.Refused(
                $"FOOBAR_LAB_ROOT is '{LabPaths.Root}', which can't stand in a mount option.", "Use letters, digits, '/', '.', '_' and '-' only.");
        }

        ToolResult namespaces = await Tool.TryAsync("unshare", ["--net", "--mount", "--pid", "--fork", "true"], cancel: cancel);
        return namespaces.Succeeded ? ControlGroups.FindObstacle() : LabException.Refused(
            $"This machine lets nobody make namespaces: {namespaces.Error.Trim()}", "In a container, run it privileged.");
    }

    /// <summary>Checks the machine, and installs the Debian packages it lacks.</summary>
    /// <exception cref="LabException">The machine can't run a lab.</exception>
    public static async Task EnsureAsync(IProgress<string> progress, CancellationToken cancel)
    {
        if (await FindObstacleAsync(cancel) is LabException obstacle)
        {
            throw obstacle;
        }

        string[] missing = [.. Programs.Where(one => !IsInstalled(one.Program)).Select(one => one.Package).Distinct()];
        if (missing.Length > 0)
        {
            progress.Report($"Installing with apt-get what this machine lacks: {string.Join(", ", missing)}");
            string[] wait = ["-o", "DPkg::Lock::Timeout=120"];
            await Tool.TryAsync("apt-get", [.. wait, "update"], limit: TimeSpan.FromMinutes(5), cancel: cancel);
            await Tool.RunAsync(
                "env",
                ["DEBIAN_FRONTEND=noninteractive", "apt-get", .. wait, "install", "--yes", "--no-install-recommends", .. missing],
                limit: TimeSpan.FromMinutes(10),
                cancel: cancel);
        }
    }

    private static bool IsInstalled(string program) =>
        Directories.Any(directory => File.Exists(Path.Combine(directory, program)));

    private static string ReadOsId() =>
        File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").Where(line => line.StartsWith("ID=", StringComparison.Ordinal)).Select(line => line[3..].Trim('"')).FirstOrDefault(string.Empty)
            : string.Empty;
}
