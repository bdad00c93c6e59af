using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Legs;

/// <summary>What a database member tells of TLS on its connections.</summary>
public sealed record DatabaseTls
{
    /// <summary>Whether it refuses connections over the network that are not encrypted (<c>require_secure_transport</c>).</summary>
    public bool RequiresTls { get; init; }

    /// <summary>The path of its unix socket.</summary>
    public string Socket { get; init; } = "";

    /// <summary>The accounts that may log in over the network.</summary>
    public Reading<IReadOnlyList<NetworkAccount>> Accounts { get; init; } =
        Reading.Unreadable<IReadOnlyList<NetworkAccount>>("It was not read.");

    /// <summary>The clients that are connected over the network now, those of replicas among them.</summary>
    public Reading<IReadOnlyList<NetworkClient>> Clients { get; init; } =
        Reading.Unreadable<IReadOnlyList<NetworkClient>>("It was not read.");

    /// <summary>How it connects to the members that it follows.</summary>
    public Reading<IReadOnlyList<FollowedSource>> Sources { get; init; } =
        Reading.Unreadable<IReadOnlyList<FollowedSource>>("It was not read.");
}

/// <summary>An account that may log in over the network.</summary>
/// <param name="User">Its name.</param>
/// <param name="Host">From where.</param>
/// <param name="Requires">What it must show (<c>ssl_type</c>): empty for nothing, <c>ANY</c> for TLS, <c>X509</c> or
/// <c>SPECIFIED</c> for a certificate of the client.</param>
public sealed record NetworkAccount(string User, string Host, string Requires)
{
    /// <summary>Whether it can log in with TLS alone.</summary>
    public bool RequiresTls => Requires.Length > 0;

    /// <summary>Whether it can log in with a client certificate alone.</summary>
    public bool RequiresCertificate => Requires is "X509" or "SPECIFIED";

    /// <inheritdoc/>
    public override string ToString() => $"{User}@{Host}";
}

/// <summary>The connections of one account from one host.</summary>
/// <param name="User">The account's name.</param>
/// <param name="Host">The host as the server knows it: an address, or a name where it looks names up.</param>
/// <param name="IsReplica">Whether it reads the binary log.</param>
/// <param name="Version">The version of TLS; empty for none.</param>
/// <param name="CipherSuite">The cipher suite, as OpenSSL calls it; empty for a connection in plain text.</param>
/// <param name="Connections">How many there are.</param>
public sealed record NetworkClient(
    string User, string Host, bool IsReplica, string Version, string CipherSuite, [property: Measurement] int Connections);

/// <summary>A member that another one follows, as its status states it.</summary>
/// <param name="Host">The source's host.</param>
/// <param name="Port">The source's port.</param>
/// <param name="User">The account that it logs in with.</param>
/// <param name="Tls">Whether it uses TLS.</param>
/// <param name="Verifies">Whether it verifies the source's certificate, its name too.</param>
/// <param name="Authorities">The file of the authorities trusted; empty for none.</param>
/// <param name="ShowsCertificate">Whether it shows a certificate of its own.</param>
public sealed record FollowedSource(string Host, int Port, string User, bool Tls, bool Verifies, string Authorities, bool ShowsCertificate);

/// <summary>Reads <see cref="DatabaseTls"/> over one database connection.</summary>
internal static class DatabaseTlsReader
{
    /// <summary>How each connection over the network is encrypted, in MySQL 8.0 and later and MariaDB 10.5 and later.</summary>
    public const string ClientsQuery = """
        SELECT t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host, t.PROCESSLIST_COMMAND AS command,
               MAX(IF(s.VARIABLE_NAME = 'Ssl_cipher', s.VARIABLE_VALUE, NULL)) AS cipher,
               MAX(IF(s.VARIABLE_NAME = 'Ssl_version', s.VARIABLE_VALUE, NULL)) AS version
        FROM performance_schema.threads t LEFT JOIN performance_schema.status_by_thread s
             ON s.THREAD_ID = t.THREAD_ID AND s.VARIABLE_NAME IN ('Ssl_cipher', 'Ssl_version')
        WHERE t.NAME = 'thread/sql/one_connection' AND t.PROCESSLIST_USER IS NOT NULL AND t.PROCESSLIST_HOST IS NOT NULL
        GROUP BY t.THREAD_ID, t.PROCESSLIST_USER, t.PROCESSLIST_HOST, t.PROCESSLIST_COMMAND
        """;

    private const string RequiredQuery = "SELECT @@global.require_secure_transport AS required, @@global.socket AS socket";

    private const string SchemaQuery = "SELECT @@global.performance_schema AS enabled";

    private const string MySqlAccounts = "SELECT User, Host, ssl_type FROM mysql.user WHERE account_locked = 'N'";

    private const string MariaDbAccounts = """
        SELECT u.User, u.Host, u.ssl_type FROM mysql.user u LEFT JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host
        WHERE u.is_role = 'N' AND COALESCE(JSON_VALUE(g.Priv, '$.account_locked'), '0') NOT IN ('true', '1')
        """;

    /// <summary>Reads it.</summary>
    /// <exception cref="Errors.FoobarException">The connection was lost, or even the setting could not be read.</exception>
    public static async Task<DatabaseTls> ReadAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> required = await database.QueryAsync(RequiredQuery, null, cancellationToken);
        return new DatabaseTls
        {
            RequiresTls = required[0].Text("required") is "1" or "ON",
            Socket = required[0].Text("socket") ?? "",
            Accounts = await TryAsync(
                database, database.IsMariaDb ? MariaDbAccounts : MySqlAccounts, "mysql.user", Accounts, cancellationToken),
            Clients = await ClientsAsync(database, cancellationToken),
            Sources = await TryAsync(
                database, database.IsMariaDb ? "SHOW ALL SLAVES STATUS" : "SHOW REPLICA STATUS", "replication status", Sources,
                    cancellationToken),
        };
    }

    /// <summary>The accounts that may log in from elsewhere than the server itself.</summary>
    internal static IReadOnlyList<NetworkAccount> Accounts(IReadOnlyList<DatabaseRow> rows) =>
    [
        .. rows.Select(static row => new NetworkAccount(row.Text("User") ?? "", row.Text("Host") ?? "", row.Text("ssl_type") ?? ""))
            .Where(static account => !IsLocal(account.Host)),
    ];

    /// <summary>The connections from elsewhere, those of one account, host and cipher suite together.</summary>
    internal static IReadOnlyList<NetworkClient> Clients(IReadOnlyList<DatabaseRow> rows) =>
    [
        .. from row in rows
           let host = row.Text("host") ?? ""
           let user = row.Text("user") ?? ""
           where !IsLocal(host) && user != "unauthenticated user"
           group row by (User: user, Host: host, IsReplica: IsReplica(row), Version: row.Text("version") ?? "",
               Cipher: row.Text("cipher")) into same
           select new NetworkClient(
               same.Key.User, same.Key.Host, same.Key.IsReplica, same.Key.Version, same.Key.Cipher ?? "", same.Count()),
    ];

    /// <summary>The members followed.</summary>
    internal static IReadOnlyList<FollowedSource> Sources(IReadOnlyList<DatabaseRow> rows) =>
        [.. rows.Select(static row => new FollowedSource(
            Either(row, "Host"), int.TryParse(Either(row, "Port"), out int port) ? port : 3306, Either(row, "User"),
                Either(row, "SSL_Allowed") == "Yes",
            Either(row, "SSL_Verify_Server_Cert") == "Yes", Either(row, "SSL_CA_File") + Either(row, "SSL_CA_Path"),
                Either(row, "SSL_Cert").Length > 0))];

    private static string Either(DatabaseRow row, string name) => row.Text("Source_" + name) ?? row.Text("Master_" + name) ?? "";

    private static bool IsReplica(DatabaseRow row) =>
        row.Text("command")?.StartsWith("Binlog Dump", StringComparison.OrdinalIgnoreCase) == true;

    private static bool IsLocal(string host) =>
        host is "localhost" or "" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private static async Task<Reading<IReadOnlyList<NetworkClient>>> ClientsAsync(
        IDatabaseSession database, CancellationToken cancellationToken)
    {
        const string Source = "performance_schema.status_by_thread";
        Reading<bool> schema =
            await TryAsync(database, SchemaQuery, Source, static rows => rows[0].Text("enabled") is "1" or "ON", cancellationToken);
        return schema.Failure is { } failure ? Reading.Unreadable<IReadOnlyList<NetworkClient>>(failure, Source)
            : !schema.Value ? Reading.Unreadable<IReadOnlyList<NetworkClient>>(
                "performance_schema is off, and nothing else tells how a connection is encrypted", Source)
            : await TryAsync(database, ClientsQuery, Source, Clients, cancellationToken);
    }

    private static async Task<Reading<T>> TryAsync<T>(
        IDatabaseSession database, string sql, string source, Func<IReadOnlyList<DatabaseRow>, T> parse,
            CancellationToken cancellationToken)
    {
        try
        {
            return Reading.Of(parse(await database.QueryAsync(sql, null, cancellationToken)), source);
        }
        catch (Errors.FoobarException error) when (error.Kind != Errors.ErrorKind.Connection)
        {
            return Reading.Unreadable<T>(error.Message, source);
        }
    }
}
