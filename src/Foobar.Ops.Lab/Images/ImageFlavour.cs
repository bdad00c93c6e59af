using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Images;

/// <summary>The recipe of a base image; all servers of a lab boot from the same one.</summary>
/// <param name="Name">The flavour's name.</param>
/// <param name="Suite">The Debian suite.</param>
/// <param name="Database">The database, as on the command line.</param>
/// <param name="Packages">What it holds beside Debian's minimal system.</param>
/// <param name="DatabaseSettings">The file with the database's settings that all servers share.</param>
/// <param name="SshPenalties">Whether its sshd locks out addresses after failed logins (OpenSSH 9.8 and later).</param>
internal sealed record ImageFlavour(
    string Name, string Suite, string Database, IReadOnlyList<string> Packages, string DatabaseSettings, bool SshPenalties)
{
    private static readonly string[] Common =
    [
        "systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "procps", "iproute2", "iputils-ping", "nftables", "iptables", "ipset",
        "haproxy", "nginx", "python3", "python3-pymysql", "prometheus-node-exporter", "chrony", "curl", "openssl", "ca-certificates",
        "socat",
    ];

    private static readonly ImageFlavour MySql =
        new("mysql", "unstable", "mysql", [.. Common, "mysql-server"], "/etc/mysql/mysql.conf.d/mysqld.cnf", SshPenalties: true);

    private static readonly ImageFlavour MariaDb = new(
        "mariadb", "bookworm", "mariadb", [.. Common, "mariadb-server", "mariadb-backup"], "/etc/mysql/mariadb.conf.d/60-foobar.cnf",
        SshPenalties: false);

    // From Debian 13 on the programs' former names, by which the lab's own commands call them, are packages of their own.
    private static readonly ImageFlavour MariaDbOfTrixie = MariaDb with
    {
        Name = "mariadb-trixie",
        Suite = "trixie",
        Packages = [.. MariaDb.Packages, "mariadb-server-compat", "mariadb-client-compat"],
        SshPenalties = true,
    };

    /// <summary>The flavour for a kind of lab.</summary>
    /// <exception cref="LabException">That Debian does not have that database.</exception>
    public static ImageFlavour Of(LabOptions options) => (options.Database, options.Suite) switch
    {
        (DatabaseFlavour.MySql, null or DebianSuite.Unstable) => MySql,
        (DatabaseFlavour.MariaDb, null or DebianSuite.Bookworm) => MariaDb,
        (DatabaseFlavour.MariaDb, DebianSuite.Trixie) => MariaDbOfTrixie,
        _ => throw LabException.Refused(
            $"There is no image of {options.Database} on {options.Suite}.",
            "MySQL goes with --suite unstable, MariaDB with --suite bookworm or trixie."),
    };

    /// <summary>The files that the recipe puts into the image, by path.</summary>
    public IReadOnlyDictionary<string, string> Files => new Dictionary<string, string>
    {
        [DatabaseSettings] = Resource($"{Database}.cnf"),
        ["/build/schema.sql"] = Resource("schema.sql"),
        ["/build/operator.sql"] = Resource($"operator-{Database}.sql"),
        ["/build/prepare.sh"] = Resource("prepare.sh") + Resource("prepare-database.sh") + Resource("finish.sh"),
    };

    /// <summary>The name of the image this recipe makes; another recipe makes another name.</summary>
    public string ImageName => $"{Name}-{Digest()}";

    /// <summary>Whether a directory's name is that of an image that this recipe or a former one made.</summary>
    public bool HasMade(string imageName) =>
        imageName.Length == ImageName.Length && imageName.StartsWith(Name + "-", StringComparison.Ordinal);

    private string Digest()
    {
        IEnumerable<string> parts =
        [
            Suite,
            .. Packages,
            .. Files.Order(Comparer<KeyValuePair<string, string>>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key)))
                .SelectMany(file => new[] { file.Key, file.Value }),
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))))[..12];
    }

    private static string Resource(string name) => Resources.Read($"image/{name}");
}
