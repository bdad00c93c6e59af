using System.Net;

namespace Foobar.Ops.Tls.Scan;

/// <summary>The protocol in which an endpoint is asked to begin TLS.</summary>
public enum StartTls : long
{
    /// <summary>None: TLS from the first byte on.</summary>
    None,

    /// <summary>MySQL and MariaDB.</summary>
    MySql,

    /// <summary>PostgreSQL.</summary>
    PostgreSql,

    /// <summary>SMTP, submission too.</summary>
    Smtp,

    /// <summary>LDAP.</summary>
    Ldap,
}

/// <summary>What belongs to the protocols in which TLS is begun.</summary>
public static class StartTlsPorts
{
    /// <summary>The TCP port that a protocol usually has; 443 without one.</summary>
    public static int UsualPort(this StartTls protocol) => protocol switch
    {
        StartTls.MySql => 3306,
        StartTls.PostgreSql => 5432,
        StartTls.Smtp => 25,
        StartTls.Ldap => 389,
        _ => 443,
    };

    /// <summary>What a scan in a protocol may bring upon the host that it comes from; <see langword="null"/> if nothing.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="host">The host that is scanned.</param>
    public static string? Risk(this StartTls protocol, string host) => protocol != StartTls.MySql || IsLoopback(host) ? null
        : "MySQL counts handshakes that break off as errors of the host they come from, and refuses that host after max_connect_errors of "
            + "them (100), "
            + "unless it runs with skip_name_resolve. A login from that host, or FLUSH HOSTS, sets the count back.";

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
