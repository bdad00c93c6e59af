namespace Foobar.Ops.Lab.Host;

/// <summary>A program that this machine must have.</summary>
/// <param name="Name">Its name, as found in the system's directories or on the PATH.</param>
/// <param name="Package">The Debian package it comes with.</param>
/// <param name="Service">A service that the package would start, and that nobody here needs; <see langword="null"/> if it starts
/// none.</param>
internal sealed record HostProgram(string Name, string Package, string? Service = null)
{
    private static readonly string[] SystemDirectories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Whether the machine has it.</summary>
    public bool IsInstalled => SystemDirectories
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries))
        .Any(directory => File.Exists(Path.Combine(directory, Name)));
}

/// <summary>The one list of programs that this machine must have; <see cref="HostSetup"/> installs those that are missing.</summary>
internal static class HostPrograms
{
    /// <summary>What raising a lab runs.</summary>
    public static IReadOnlyList<HostProgram> Lab { get; } =
    [
        new("mmdebstrap", "mmdebstrap"), new("systemd-nspawn", "systemd-container"), new("ip", "iproute2"), new("ssh", "openssh-client"),
        new("ssh-keygen", "openssh-client"), new("mkfs.ext4", "e2fsprogs"), new("mount", "mount"), new("unshare", "util-linux"),
        new("setsid", "util-linux"), new("nsenter", "util-linux"),
    ];

    /// <summary>What the tests run besides, offline tests and those of rulesets in the machine's own kernel.</summary>
    public static IReadOnlyList<HostProgram> Tests { get; } =
    [
        new("nft", "nftables"), new("iptables-nft-restore", "iptables"), new("iptables-legacy-restore", "iptables"), new("ipset", "ipset"),
        new("ip", "iproute2"), new("unshare", "util-linux"), new("setsid", "util-linux"), new("cmp", "diffutils"),
        new("sshd", "openssh-server", "ssh"), new("ssh", "openssh-client"), new("ssh-keygen", "openssh-client"),
        new("useradd", "passwd"), new("google-authenticator", "libpam-google-authenticator"),
        new("busybox", "busybox"), new("dash", "dash"), new("bash", "bash"), new("perl", "perl-base"), new("python3", "python3-minimal"),
        new("timeout", "coreutils"), new("env", "coreutils"), new("openssl", "openssl"),
        new("sslscan", "sslscan"), new("testssl", "testssl.sh"), new("promtool", "prometheus", "prometheus"),
        new("chromium", "chromium"),
    ];

    /// <summary>What the benchmarks run besides: what Foobar.Ops is measured beside, too.</summary>
    public static IReadOnlyList<HostProgram> Benchmarks { get; } =
    [
        new(
            "nft", "nftables"), new(
                "ip", "iproute2"), new("ssh", "openssh-client"), new("nmap", "nmap"), new("ansible-playbook", "ansible"),
        new("sslscan", "sslscan"), new("testssl", "testssl.sh"), new("pt-table-checksum", "percona-toolkit"),
        new("mawk", "mawk"), new("goaccess", "goaccess"), new("wc", "coreutils"),
    ];
}
