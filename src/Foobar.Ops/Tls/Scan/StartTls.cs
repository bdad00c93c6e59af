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
