using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>
/// How members log in at each other, kept on the new primary while nothing replicates: the database forgets it when the new
/// primary stops being a replica, and the old one, being dead, never had it. The file is root's alone; the databases keep
/// the same secret in <c>master.info</c> or <c>mysql.slave_master_info</c>. It is removed when redundancy is back.
/// </summary>
internal static class ReplicationLogin
{
    private const string Path = "/var/lib/foobar-ops/replication-login.json";

    /// <summary>Keeps it.</summary>
    public static async Task SaveAsync(IServerSession server, ReplicationSource source, CancellationToken cancellationToken)
    {
        Kept kept = new(
            source.User, source.Password.Reveal(), source.Tls, source.TlsVerify, source.TlsAuthorities, source.TlsCertificate,
            source.TlsKey, source.ConnectRetrySeconds);
        RemoteCommand command = RemoteCommand.FromScript(
            """
            set -e
            umask 077
            mkdir -p -- "${1%/*}"
            cat > "$1.new"
            sync -- "$1.new" 2>/dev/null || sync
            mv -f -- "$1.new" "$1"
            """, Path);
        SessionReadings.Succeeded(
            await server.RunAsync(command with { Privileged = true, Input = JsonSerializer.SerializeToUtf8Bytes(kept) }, cancellationToken),
            $"write {Path}");
    }

    /// <summary>Reads it; <see langword="null"/> if none is kept.</summary>
    /// <param name="server">The primary's machine.</param>
    /// <param name="host">The primary's address as the replica shall know it.</param>
    /// <param name="port">The primary's port.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<ReplicationSource?> LoadAsync(
        IServerSession server, string host, int port, CancellationToken cancellationToken)
    {
        CommandResult result = await server.RunAsync(
            RemoteCommand.Create($"[ ! -e {Path} ] || cat -- {Path}") with { Privileged = true }, cancellationToken);
        if (SessionReadings.Succeeded(result, $"read {Path}").Output.IsEmpty)
        {
            return null;
        }

        try
        {
            Kept kept = JsonSerializer.Deserialize<Kept>(result.Output.Span) ?? throw new JsonException("null");
            return new()
            {
                Host = host,
                Port = port,
                User = kept.User,
                Password = new Secret(kept.Password),
                Tls = kept.Tls,
                TlsVerify = kept.TlsVerify,
                TlsAuthorities = kept.Authorities,
                TlsCertificate = kept.Certificate,
                TlsKey = kept.Key,
                ConnectRetrySeconds = kept.RetrySeconds,
            };
        }
        catch (JsonException)
        {
            throw new ParseException(server.Server.Name, Path, 0, "expected the login that an emergency failover kept there.");
        }
    }

    /// <summary>Forgets it.</summary>
    public static async Task ForgetAsync(IServerSession server, CancellationToken cancellationToken) =>
        SessionReadings.Succeeded(
            await server.RunAsync(RemoteCommand.Create($"rm -f -- {Path}") with { Privileged = true }, cancellationToken));

    private sealed record Kept(
        string User, string Password, bool Tls, bool TlsVerify, string? Authorities, string? Certificate, string? Key, long RetrySeconds);
}
