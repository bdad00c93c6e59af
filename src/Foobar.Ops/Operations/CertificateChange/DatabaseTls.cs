using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>The certificate of a database: where it lies, and how a running one takes another (MySQL: ALTER INSTANCE RELOAD TLS; MariaDB: FLUSH SSL).</summary>
internal static class DatabaseTls
{
    private const string Files = "SELECT @@global.ssl_cert AS cert_file, @@global.ssl_key AS key_file, @@global.datadir AS folder";

    private const string End = "SHOW GLOBAL STATUS LIKE 'Ssl_server_not_after'";

    /// <summary>What a database's configuration names; <see langword="null"/> if it has no certificate.</summary>
    /// <exception cref="FoobarException">It can't be asked.</exception>
    public static async Task<CertificatePair?> ReadAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        await using IDatabaseSession database = await session.OpenDatabaseAsync(server.Name, cancellationToken);
        IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(Files, null, cancellationToken);
        return rows.Count == 1 ? Use(rows[0].Text("cert_file"), rows[0].Text("key_file"), rows[0].Text("folder")) : null;
    }

    /// <summary>Makes the running database take what its files hold; connections that are open keep theirs.</summary>
    /// <exception cref="FoobarException">It does not.</exception>
    public static async Task ReloadAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        await using IDatabaseSession database = await session.OpenDatabaseAsync(server.Name, cancellationToken);
        await database.ExecuteAsync(database.IsMariaDb ? "FLUSH SSL" : "ALTER INSTANCE RELOAD TLS", null, cancellationToken);
    }

    /// <summary>Sees over a new connection that the database has taken it, by the date on which it ends.</summary>
    /// <exception cref="FoobarException"><c>CertificateNotActivated</c>.</exception>
    public static async Task ConfirmAsync(ISiteSession session, Server server, IReadOnlyList<DateTimeOffset> ends, CancellationToken cancellationToken)
    {
        await using IDatabaseSession database = await session.OpenDatabaseAsync(server.Name, cancellationToken);
        IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(End, null, cancellationToken);
        string said = rows.Count == 1 ? rows[0].Text("Value") ?? "" : "";
        if (Date(said) is not { } end || !ends.Contains(end))
        {
            throw new FoobarException("CertificateNotActivated", ErrorKind.Failed, $"{server.Name}: the database still has another certificate, which ends {said}.") { Server = server.Name };
        }
    }

    /// <summary>The pair of files, relative ones below the data directory.</summary>
    internal static CertificatePair? Use(string? certificate, string? key, string? folder) => string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key) || string.IsNullOrEmpty(folder)
        ? null
        : new CertificatePair(CertificateProgram.Database, Whole(certificate, folder), [Whole(key, folder)]);

    /// <summary>Reads <c>Feb 28 02:26:27 2027 GMT</c>; <see langword="null"/> for another form.</summary>
    internal static DateTimeOffset? Date(string text) => DateTimeOffset.TryParseExact(
        text.Replace(" GMT", "", StringComparison.Ordinal), ["MMM d HH:mm:ss yyyy", "MMM  d HH:mm:ss yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end)
        ? end
        : null;

    private static string Whole(string path, string folder) => path.StartsWith('/') ? path : $"{folder.TrimEnd('/')}/{path}";
}
