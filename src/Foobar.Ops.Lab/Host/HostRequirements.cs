using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Host;

/// <summary>What a machine must be, to run a lab.</summary>
internal static class HostRequirements
{
    /// <summary>
    /// Why this machine can't run a lab at all, or <see langword="null"/> if it can (once missing packages are installed).
    /// </summary>
    public static async Task<LabException?> FindObstacleAsync(CancellationToken cancel)
    {
        if (!HostSetup.IsDebian)
        {
            return LabException.Refused("The lab runs on Debian only.", "Use a Debian 12 machine or container with root rights.");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return LabException.Refused(
                "The lab needs root: it makes network namespaces, mounts and containers.", "Run it again with sudo.");
        }

        if (LabPaths.Root.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"/._-".Contains(letter, StringComparison.Ordinal)))
        {
            return LabException.Refused(
                $"FOOBAR_LAB_ROOT is '{LabPaths.Root}', which can't stand in a mount option.",
                "Use letters, digits, '/', '.', '_' and '-' only.");
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

        await HostSetup.EnsureAsync(HostPrograms.Lab, progress, cancel);
    }
}
