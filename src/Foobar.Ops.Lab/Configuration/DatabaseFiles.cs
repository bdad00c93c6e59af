using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>A database: its settings, its certificate, and the statements that set it up at its first boot.</summary>
internal static class DatabaseFiles
{
    /// <summary>The files.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server, LabAuthority authority)
    {
        DatabaseDialect dialect = DatabaseDialect.Of(plan.Options);
        IssuedCertificate certificate = authority.IssueServer(server);
        return
        [
            new ServerFile(dialect.ConfigurationPath, dialect.Configuration(plan, server)),
            new ServerFile("/etc/mysql/tls/ca.pem", authority.RootPem + certificate.Intermediate),
            new ServerFile("/etc/mysql/tls/server.pem", certificate.Chain),
            new ServerFile("/etc/mysql/tls/server.key", certificate.Key) { Mode = ServerFile.OwnerOnly, Owner = "mysql", Group = "mysql" },
            new ServerFile("/etc/mysql/foobar-setup.sql", dialect.SetUp(plan, server)) { Mode = ServerFile.OwnerOnly },
            // It listens on addresses, so these must be there first.
            ServerFile.DropIn(dialect.Unit, "[Unit]\nAfter=network-online.target\nWants=network-online.target\n"),
            ServerFile.Enable(dialect.Unit),
            .. ServerFile.OwnUnit("foobar-database-setup.service"),
            .. dialect.ToJoin(plan, server),
        ];
    }
}
