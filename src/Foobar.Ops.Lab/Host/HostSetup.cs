using Foobar.Ops.Errors;

namespace Foobar.Ops.Lab.Host;

/// <summary>Installs what this machine lacks, with apt, where that can be done: as root on Debian, with a mirror that answers.</summary>
internal static class HostSetup
{
    private static readonly TimeSpan UpdateLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(10);

    /// <summary>Whether this machine is a Debian.</summary>
    public static bool IsDebian { get; } = OperatingSystem.IsLinux() && ReadOsId() == "debian";

    /// <summary>Makes sure that this machine has some programs.</summary>
    /// <exception cref="LabException">Some are missing and can't be installed: no root, no Debian (<c>LabRefused</c>), no mirror
    /// (<c>LabMirrorUnreachable</c>).</exception>
    public static async Task EnsureAsync(IReadOnlyList<HostProgram> programs, IProgress<string> progress, CancellationToken cancel)
    {
        if (FindMissing(programs).Length == 0)
        {
            return;
        }

        if (!IsDebian || !Environment.IsPrivilegedProcess)
        {
            throw LabException.Refused(
                $"This machine lacks {Describe(FindMissing(programs))}; only root on Debian can have them installed.",
                "Install them, or run the command again as root.");
        }

        // Labs and test projects may begin at the same time in several processes; apt-get update waits for no other.
        using LabLock one = await LabLock.WaitAsync(
            "apt", holder => progress.Report($"Waiting until {holder} has installed packages"), cancel);
        HostProgram[] missing = FindMissing(programs);
        if (missing.Length > 0)
        {
            progress.Report($"Installing with apt-get what this machine lacks: {Describe(missing)}");
            KeepFromStarting(missing);
            await InstallAsync([.. missing.Select(program => program.Package).Distinct()], cancel);
        }
    }

    /// <summary>Those of some programs that this machine has not, in words: <c>nft (package nftables)</c>; empty if it has all.</summary>
    public static string DescribeMissing(IEnumerable<HostProgram> programs) => Describe(FindMissing(programs));

    private static HostProgram[] FindMissing(IEnumerable<HostProgram> programs) =>
        [.. programs.Where(static program => !program.IsInstalled)];

    private static string Describe(IEnumerable<HostProgram> programs) =>
        string.Join(
            ", ",
            programs.GroupBy(static program => program.Package)
                .Select(static group => $"{string.Join(" and ", group.Select(static program => program.Name))} (package {group.Key})"));

    private static async Task InstallAsync(string[] packages, CancellationToken cancel)
    {
        string[] patience = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30"];
        string[] quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"];
        ToolResult update = await Tool.TryAsync("env", [.. quiet, .. patience, "update"], limit: UpdateLimit, cancel: cancel);
        ToolResult install = await Tool.TryAsync(
            "env",
            [.. quiet, .. patience, "install", "--yes", "--no-install-recommends", .. packages],
            limit: InstallLimit, cancel: cancel);
        if (!install.Succeeded)
        {
            string said = string.Join(' ', (update.Error + install.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(6));
            throw new LabException(
                LabException.NoMirror, ErrorKind.Connection, $"apt-get could not install {string.Join(", ", packages)}: {said}")
            {
                Recommendation = "See that a mirror in this machine's apt sources answers, or install the packages.",
            };
        }
    }

    // A masked unit is not started when its package is installed, nor at the next boot.
    private static void KeepFromStarting(IEnumerable<HostProgram> missing)
    {
        foreach (string unit in missing.Select(static program => program.Service)
            .OfType<string>()
            .SelectMany(static service => (string[])[$"{service}.service", $"{service}.socket"]))
        {
            string mask = Path.Combine("/etc/systemd/system", unit);
            if (Directory.Exists("/etc/systemd/system") && !File.Exists(mask))
            {
                File.CreateSymbolicLink(mask, "/dev/null");
            }
        }
    }

    private static string ReadOsId() =>
        File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release")
                .Where(line => line.StartsWith("ID=", StringComparison.Ordinal))
                .Select(line => line[3..].Trim('"'))
                .FirstOrDefault(string.Empty)
            : string.Empty;
}
