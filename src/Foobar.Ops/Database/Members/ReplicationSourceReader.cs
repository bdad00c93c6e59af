using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads how a replica logs in at its source, so that the roles can be swapped with the same account.</summary>
internal static class ReplicationSourceReader
{
    /// <summary>
    /// How another member would replicate from a replica: as the replica itself does now, with the replica as the source.
    /// </summary>
    /// <param name="replica">A connection to the replica.</param>
    /// <param name="server">The replica's server.</param>
    /// <param name="host">Under which address the other member reaches the replica.</param>
    /// <param name="port">The replica's port.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>ReplicationLoginUnreadable</c>: the replica keeps no password, or it may not be
    /// read.</exception>
    public static Task<ReplicationSource> ReverseAsync(
        IDatabaseSession replica, IServerSession server, string host, int port, CancellationToken cancellationToken) =>
        replica.IsMariaDb
            ? MariaDbAsync(replica, server, host, port, cancellationToken)
            : MySqlAsync(replica, host, port, cancellationToken);

    private static async Task<ReplicationSource> MySqlAsync(
        IDatabaseSession replica, string host, int port, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await replica.QueryAsync(
            "SELECT * FROM mysql.slave_master_info WHERE Channel_name = ''", null, cancellationToken);
        DatabaseRow row = rows.Count > 0
            ? rows[0]
            : throw Unreadable(replica.Server, "mysql.slave_master_info has no row for the default channel");
        return new()
        {
            Host = host,
            Port = port,
            User = row.Text("User_name") ?? throw Unreadable(replica.Server, "no account is configured"),
            Password = new Secret(row.Text("User_password") ?? throw Unreadable(replica.Server, "no password is kept")),
            Tls = row.Number("Enabled_ssl") == 1 || row.Text("Enabled_ssl") == "True",
            TlsVerify = row.Number("Ssl_verify_server_cert") == 1 || row.Text("Ssl_verify_server_cert") == "True",
            TlsAuthorities = row.Text("Ssl_ca"),
            TlsCertificate = row.Text("Ssl_cert"),
            TlsKey = row.Text("Ssl_key"),
            ConnectRetrySeconds = row.Number("Connect_retry") ?? 1,
        };
    }

    private static async Task<ReplicationSource> MariaDbAsync(
        IDatabaseSession replica, IServerSession server, string host, int port, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await replica.QueryAsync(ReplicationQueries.MariaDbChannels, null, cancellationToken);
        DatabaseRow row = rows.FirstOrDefault(one => string.IsNullOrEmpty(one.Text("Connection_name")))
            ?? throw Unreadable(replica.Server, "the default connection is not configured");
        IReadOnlyList<DatabaseRow> directory = await replica.QueryAsync("SELECT @@global.datadir AS value", null, cancellationToken);
        return new()
        {
            Host = host,
            Port = port,
            User = row.Text("Master_User") ?? throw Unreadable(replica.Server, "no account is configured"),
            Password = await PasswordAsync(server, directory[0].Text("value") ?? "/var/lib/mysql", cancellationToken),
            Tls = row.Text("Master_SSL_Allowed") == "Yes",
            TlsVerify = row.Text("Master_SSL_Verify_Server_Cert") == "Yes",
            TlsAuthorities = row.Text("Master_SSL_CA_File"),
            TlsCertificate = row.Text("Master_SSL_Cert"),
            TlsKey = row.Text("Master_SSL_Key"),
            ConnectRetrySeconds = row.Number("Connect_Retry") ?? 1,
        };
    }

    // The sixth line of master.info is the password (MariaDB source, rpl_mi.cc: flush_master_info).
    private static async Task<Secret> PasswordAsync(IServerSession server, string directory, CancellationToken cancellationToken)
    {
        CommandResult result = await server.RunAsync(
            RemoteCommand.Create($"sed -n 6p -- {directory.TrimEnd('/') + "/master.info"}") with { Privileged = true }, cancellationToken);
        return result.ExitCode == 0 && result.OutputText.TrimEnd('\n') is { Length: > 0 } password
            ? new Secret(password)
            : throw Unreadable(
                server.Server.Name, result.ErrorText.Trim() is { Length: > 0 } error ? error : "master.info has no sixth line");
    }

    private static FoobarException Unreadable(string server, string why) =>
        new("ReplicationLoginUnreadable", ErrorKind.Permission, $"{server}: how it logs in at its source could not be read: {why}.")
        {
            Server = server,
            Recommendation = "Let the operator's account read mysql.slave_master_info (MySQL), or use sudo for master.info (MariaDB).",
        };
}
