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
}
