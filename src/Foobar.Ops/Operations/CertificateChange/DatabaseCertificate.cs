using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// The certificate of a database: where it lies, and how a running one takes another (MySQL: ALTER INSTANCE RELOAD TLS; MariaDB: FLUSH
/// SSL).
/// </summary>
internal static class DatabaseCertificate
{
    private const string Files = "SELECT @@global.ssl_cert AS cert_file, @@global.ssl_key AS key_file, @@global.datadir AS folder";

    private const string Socket = "SELECT @@global.socket AS socket";

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

    /// <summary>
    /// Sees over a handshake at the database's unix socket that it has taken it. Its status is no witness: MariaDB's
    /// <c>Ssl_server_not_after</c> is that of the connection that asks, and empty for one without TLS.
    /// </summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="server">The server.</param>
    /// <param name="fingerprints">The SHA-256 fingerprints of which it shall serve one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>CertificateNotActivated</c>.</exception>
    public static async Task ConfirmAsync(
        ISiteSession session, Server server, IReadOnlyList<string> fingerprints, CancellationToken cancellationToken)
    {
        RemoteEndpoint.UnixSocket socket = await SocketAsync(session, server, cancellationToken);
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        WireLook look = await WireProbe.LookAsync(
            socket.Path, 0, server.Name, StartTls.MySql, token => connection.ConnectAsync(socket, token), cancellationToken);
        if (Judge(server, look, fingerprints) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Why a handshake does not show one of some certificates; <see langword="null"/> if it does.</summary>
    internal static FoobarException? Judge(Server server, WireLook look, IReadOnlyList<string> fingerprints) =>
        look.Certificate is not { } served ? NotActivated(server, $"what certificate the database serves can't be seen: {look.Detail}")
        : fingerprints.Contains(served.Sha256Fingerprint, StringComparer.OrdinalIgnoreCase) ? null
        : NotActivated(server, FormattableString.Invariant(
            $"the database still serves another certificate, SHA-256 {served.Sha256Fingerprint[..16]}, which ends on {served.NotAfter:yyyy-MM-dd}"));

    private static async Task<RemoteEndpoint.UnixSocket> SocketAsync(
        ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        await using IDatabaseSession database = await session.OpenDatabaseAsync(server.Name, cancellationToken);
        IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(Socket, null, cancellationToken);
        return rows.Count == 1 && rows[0].Text("socket") is { Length: > 0 } path
            ? new RemoteEndpoint.UnixSocket(path)
            : throw NotActivated(server, "what certificate the database serves can't be seen: it names no unix socket");
    }

    private static FoobarException NotActivated(Server server, string what) =>
        new("CertificateNotActivated", ErrorKind.Failed, $"{server.Name}: {what.TrimEnd('.')}.")
        {
            Server = server.Name,
            Recommendation = "See the database's error log: it keeps the certificate that it has where it can't read the new files.",
        };

    /// <summary>The pair of files, relative ones below the data directory.</summary>
    internal static CertificatePair? Use(string? certificate, string? key, string? folder) =>
        string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key) || string.IsNullOrEmpty(folder)
            ? null
            : new CertificatePair(CertificateProgram.Database, Whole(certificate, folder), [Whole(key, folder)]);

    private static string Whole(string path, string folder) => path.StartsWith('/') ? path : $"{folder.TrimEnd('/')}/{path}";
}
