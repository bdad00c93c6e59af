using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>Who a database server is.</summary>
public sealed record DatabaseIdentity
{
    /// <summary>MySQL or MariaDB.</summary>
    public required DatabaseFlavor Flavor { get; init; }

    /// <summary>The version as it states it.</summary>
    public required string Version { get; init; }

    /// <summary>Its <c>server_id</c>.</summary>
    public required long ServerId { get; init; }

    /// <summary>Its <c>server_uuid</c>; <see langword="null"/> on MariaDB, which has none.</summary>
    public Guid? ServerUuid { get; init; }

    /// <summary>The host name it reports.</summary>
    public required string HostName { get; init; }

    /// <summary>The TCP port it listens on.</summary>
    public required int Port { get; init; }

    /// <summary>Since when it runs, in seconds.</summary>
    [Measurement]
    public long UptimeSeconds { get; init; }

    /// <summary>Whether clients can use TLS.</summary>
    public bool TlsOffered { get; init; }

    /// <summary>Whether clients must use TLS (<c>require_secure_transport</c>).</summary>
    public bool TlsRequired { get; init; }

    internal static DatabaseIdentity From(ServerVariables variables, DatabaseFlavor flavor, long uptime) => new()
    {
        Flavor = flavor,
        Version = variables.Require("version"),
        ServerId = variables.RequireNumber("server_id"),
        ServerUuid = Guid.TryParse(variables.Text("server_uuid"), out Guid uuid) && flavor == DatabaseFlavor.MySql ? uuid : null,
        HostName = variables.Require("hostname"),
        Port = (int)variables.RequireNumber("port"),
        UptimeSeconds = uptime,
        TlsOffered = flavor == DatabaseFlavor.MariaDb
            ? variables.Flag("have_ssl") == true
            : !string.IsNullOrEmpty(variables.Text("ssl_cert")),
        TlsRequired = variables.Flag("require_secure_transport") == true,
    };
}
