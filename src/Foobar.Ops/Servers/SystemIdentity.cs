using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Servers;

/// <summary>The operating system of a server.</summary>
public sealed record SystemIdentity
{
    /// <summary>The command this is read from.</summary>
    public const string Source = "/etc/os-release, uname, systemd-detect-virt";

    /// <summary>Prints <c>KERNEL</c>, <c>MACHINE</c>, <c>VIRT</c> and <c>CONTAINER</c> beside the settings of os-release(5).</summary>
    internal const string Script = """
        cat /etc/os-release /usr/lib/os-release 2>/dev/null
        uname -rm | { read -r kernel machine; printf 'KERNEL=%s\nMACHINE=%s\n' "$kernel" "$machine"; }
        echo "VIRT=$(systemd-detect-virt --vm 2>/dev/null)"; echo "CONTAINER=$(systemd-detect-virt --container 2>/dev/null)"
        """;

    /// <summary>Kernel, machine and what surrounds it stay as long as a session can stand.</summary>
    internal static CommandSources Sources { get; } = new(["/etc/os-release", "/usr/lib/os-release"]);

    /// <summary>What the distribution calls itself: <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The distribution: <c>debian</c>, <c>ubuntu</c>, <c>rhel</c> ...</summary>
    public required string Distribution { get; init; }

    /// <summary>Its version; empty for a rolling one.</summary>
    public string Version { get; init; } = "";

    /// <summary>The release of the running kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>The machine: <c>x86_64</c>, <c>aarch64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>
    /// The virtual machine or container it is in, by systemd's name (<c>kvm</c>, <c>systemd-nspawn</c>, <c>docker</c>); <c>none</c> for
    /// bare metal.
    /// </summary>
    public string Virtualization { get; init; } = "none";

    /// <summary>Whether it shares its kernel, and with it clock, memory and load figures, with its host.</summary>
    public bool IsContainer { get; init; }

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    /// <exception cref="Errors.ParseException">There is no kernel release: the script did not run as written.</exception>
    public static SystemIdentity Parse(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, '=');
        string Value(string key, string fallback) =>
            values.TryGetValue(key, out string? value) && value.Trim('"', '\'') is { Length: > 0 } plain ? plain : fallback;
        string container = Value("CONTAINER", "none");
        string distribution = Value("ID", "linux");
        return new SystemIdentity
        {
            Name = Value("PRETTY_NAME", Value("NAME", distribution)),
            Distribution = distribution,
            Version = Value("VERSION_ID", ""),
            Kernel = Value("KERNEL", "") is { Length: > 0 } kernel
                ? kernel
                : throw new Errors.ParseException(null, Source, 0, "expected a line KERNEL= with the kernel's release."),
            Architecture = Value("MACHINE", "unknown"),
            IsContainer = container != "none",
            Virtualization = container != "none" ? container : Value("VIRT", "none"),
        };
    }
}
