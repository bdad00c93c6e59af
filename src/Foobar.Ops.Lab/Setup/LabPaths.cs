namespace Foobar.Ops.Lab.Setup;

/// <summary>Where labs and images lie on this machine.</summary>
internal static class LabPaths
{
    /// <summary>The directory of all labs and images: <c>/var/lib/foobar-lab</c>, or what <c>FOOBAR_LAB_ROOT</c> says.</summary>
    public static string Root { get; } =
        Path.GetFullPath(Environment.GetEnvironmentVariable("FOOBAR_LAB_ROOT") is { Length: > 0 } root ? root : "/var/lib/foobar-lab");

    /// <summary>The directory of the base images.</summary>
    public static string Images { get; } = Path.Combine(Root, "images");

    /// <summary>The directory of the labs' own directories; apart from the images, so that no lab's name can meet them.</summary>
    public static string Labs { get; } = Path.Combine(Root, "labs");

    /// <summary>The directory of lock files; they vanish with a reboot, as does all that they guard.</summary>
    public const string Locks = "/run/foobar-lab";
}

/// <summary>The files of one lab.</summary>
internal sealed record LabFiles(string Directory)
{
    /// <summary>The files of the lab of a name.</summary>
    public static LabFiles Of(string name) => new(Path.Combine(LabPaths.Labs, name));

    /// <summary>What the lab is: options, slot, image.</summary>
    public string Record => Path.Combine(Directory, "lab.json");

    /// <summary>Passwords of this lab's database users; readable by root only.</summary>
    public string Secrets => Path.Combine(Directory, "secrets.json");

    /// <summary>The authority's keys and certificates.</summary>
    public string Authority => Path.Combine(Directory, "authority");

    /// <summary>The inventory.</summary>
    public string Inventory => Path.Combine(Directory, "foobar.json");

    /// <summary>The OpenSSH client configuration.</summary>
    public string SshConfig => Path.Combine(Directory, "ssh_config");

    /// <summary>The servers' real host keys.</summary>
    public string KnownHosts => Path.Combine(Directory, "known_hosts");

    /// <summary>The operator's private key.</summary>
    public string OperatorKey => Path.Combine(Directory, "operator_ed25519");

    /// <summary>The root certificate of the lab's authority, which the inventory names as trusted.</summary>
    public string RootCertificate => Path.Combine(Directory, "root-ca.pem");

    /// <summary>The directory of one server.</summary>
    public ServerFiles Server(string server) => new(Path.Combine(Directory, "servers", server));

    /// <summary>Where the undo of each fault that is in force is kept.</summary>
    public string Faults => Path.Combine(Directory, "faults");
}

/// <summary>The files of one server of a lab, seen from the machine.</summary>
internal sealed record ServerFiles(string Directory)
{
    /// <summary>The server's disk: a sparse file with an ext4 file system, which holds all the server changed of its image.</summary>
    public string Disk => Path.Combine(Directory, "disk.img");

    /// <summary>Where the disk is mounted.</summary>
    public string DiskMount => Path.Combine(Directory, "disk");

    /// <summary>Where the server's root file system (the image with the disk over it) is mounted.</summary>
    public string Root => Path.Combine(Directory, "root");

    /// <summary>Exists when the server's files are all written.</summary>
    public string Prepared => Path.Combine(Directory, "prepared");

    /// <summary>The script that boots it, again after each reboot from within.</summary>
    public string BootScript => Path.Combine(Directory, "boot.sh");

    /// <summary>What it wrote on its console.</summary>
    public string Console => Path.Combine(Directory, "console.log");

    /// <summary>The private host key.</summary>
    public string HostKey => Path.Combine(Directory, "ssh_host_ed25519_key");
}
