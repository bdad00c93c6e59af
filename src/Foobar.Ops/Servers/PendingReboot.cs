using System.Globalization;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Servers;

/// <summary>What on a server waits for a restart to take effect.</summary>
public sealed record PendingReboot
{
    /// <summary>What this is read from.</summary>
    public const string Source = "/run/reboot-required, /boot, needs-restarting -r";

    /// <summary>
    /// Prints one line a sign: <c>required</c>, <c>package NAME</c>, <c>running RELEASE</c>, <c>installed RELEASE</c>, <c>needs-restarting
    /// CODE</c>.
    /// </summary>
    internal const string Script = """
        if [ -e /run/reboot-required ]; then echo required; sed 's/^/package /' /run/reboot-required.pkgs 2>/dev/null; fi
        echo "running $(uname -r)"
        for kernel in /boot/vmlinuz-*; do if [ -e "$kernel" ]; then echo "installed ${kernel#/boot/vmlinuz-}"; fi; done
        if command -v needs-restarting >/dev/null 2>&1; then needs-restarting -r >/dev/null 2>&1; echo "needs-restarting $?"; fi
        exit 0
        """;

    /// <summary>What needs-restarting(1) says depends on running processes too.</summary>
    internal static CommandSources Sources { get; } = new(
        ["/run/reboot-required", "/run/reboot-required.pkgs", "/boot", "/boot/vmlinuz-*"],
        static result => result.OutputText.Contains("needs-restarting", StringComparison.Ordinal) ? null : []);

    /// <summary>Whether the distribution says that a restart is needed.</summary>
    public bool Required { get; init; }

    /// <summary>The packages that want it, where told.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>The release of the running kernel.</summary>
    public required string RunningKernel { get; init; }

    /// <summary>The newest kernel installed; <see langword="null"/> if none is (a container).</summary>
    public string? NewestKernel { get; init; }

    /// <summary>Whether a newer kernel than the running one is installed.</summary>
    public bool KernelOutdated => NewestKernel is not null && VersionOrder.Compare(NewestKernel, RunningKernel) > 0;

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    /// <exception cref="Errors.ParseException">The running kernel is missing or a line is none of those.</exception>
    public static PendingReboot Parse(string text)
    {
        ILookup<string, string> signs = Lines.Of(text)
            .Select(line => Lines.Fields(line.Text, 2))
            .ToLookup(fields => fields[0], fields => fields.ElementAtOrDefault(1) ?? "");
        string running = signs["running"].FirstOrDefault(release => release.Length > 0)
            ?? throw new Errors.ParseException(null, Source, 0, "expected a line 'running' with the kernel's release.");
        return new PendingReboot
        {
            // needs-restarting(1): 1 says that a reboot is required; other codes are its own errors.
            Required = signs.Contains("required") || signs["needs-restarting"].Contains(1.ToString(CultureInfo.InvariantCulture)),
            Packages = [.. signs["package"].Where(name => name.Length > 0).Distinct()],
            RunningKernel = running,
            NewestKernel = signs["installed"].Order(VersionOrder.Comparer).LastOrDefault(),
        };
    }
}
