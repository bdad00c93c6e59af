using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>
/// A login in as few round trips as the protocol has: greeting, TLS, answer (MySQL Client/Server Protocol, "Connection
/// Phase"). Asks nothing of the server afterwards.
/// </summary>
/// <param name="server">The server's name, for errors.</param>
/// <param name="packets">The connection.</param>
/// <param name="login">The account.</param>
internal sealed class WireLogin(string server, WirePackets packets, DatabaseLogin login)
{
    // utf8mb4_general_ci: both flavours know it in every version.
    private const byte CharacterSet = 45;
    private const int LongestPacket = 1 << 24;
    private const byte Ok = 0x00;
    private const byte MoreData = 0x01;
    private const byte SwitchRequest = 0xfe;
    private const byte FastAuthenticated = 0x03;
    private const byte FullAuthentication = 0x04;

    private bool _encrypted;

    /// <summary>Logs in.</summary>
    /// <returns>Whether it could; <see langword="false"/> if the server wants a way of logging in that is not known here.</returns>
    /// <exception cref="DatabaseException"><c>DatabaseLoginRefused</c>, <c>DatabaseUnreachable</c>.</exception>
    /// <exception cref="ParseException">The server does not speak the protocol.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        byte[] first = Answer(await packets.ReadAsync(cancellationToken).ConfigureAwait(false));
        ServerGreeting greeting = ServerGreeting.Parse(server, "the database's protocol", first);
        string plugin = greeting.Plugin is Scramble.CachingSha2 ? Scramble.CachingSha2 : Scramble.Native;
        Capabilities wanted = Capabilities.LongPassword | Capabilities.LongFlag | Capabilities.Protocol41 | Capabilities.Transactions | Capabilities.SecureConnection | Capabilities.PluginAuth;
        if (greeting.Capabilities.HasFlag(Capabilities.Tls))
        {
            wanted |= Capabilities.Tls;
            await packets.WriteAsync(Head(wanted), cancellationToken).ConfigureAwait(false);
            packets.Stream = await EncryptAsync(packets.Stream, cancellationToken).ConfigureAwait(false);
            _encrypted = true;
        }

        byte[] proof = Scramble.Of(plugin, login.Password, greeting.Salt)!;
        await packets.WriteAsync((byte[])[.. Head(wanted), .. Encoding.UTF8.GetBytes(login.User), 0, (byte)proof.Length, .. proof, .. Encoding.ASCII.GetBytes(plugin), 0], cancellationToken).ConfigureAwait(false);
        while (true)
        {
            byte[] answer = Answer(await packets.ReadAsync(cancellationToken).ConfigureAwait(false));
            switch (answer)
            {
                case [Ok, ..]:
                    return true;
                case [MoreData, FastAuthenticated, ..]:
                    continue;
                case [MoreData, FullAuthentication, ..] when _encrypted:
                    await SendPasswordAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                case [SwitchRequest, .. { Length: > 0 } rest] when Switched(rest) is { } again:
                    await packets.WriteAsync(again, cancellationToken).ConfigureAwait(false);
                    continue;
                case [MoreData or SwitchRequest, ..]:
                    return false;
                default:
                    throw new ParseException(server, "the database's protocol", 0, FormattableString.Invariant($"expected the answer to a login, found a packet that begins with {answer[0]}."));
            }
        }
    }

    private byte[] Answer(byte[] payload) => WireError.Of(payload) is { } error
        ? throw DatabaseErrors.OfOpening(server, login.User, error.Number, FormattableString.Invariant($"{error.Message} (error {error.Number})"))
        : payload;

    private byte[]? Switched(byte[] rest)
    {
        int end = Array.IndexOf(rest, (byte)0);
        return end < 0 ? null : Scramble.Of(Encoding.ASCII.GetString(rest, 0, end), login.Password, rest.AsSpan(end + 1).TrimEnd((byte)0));
    }

    private async Task SendPasswordAsync(CancellationToken cancellationToken)
    {
        byte[] plain = [.. Encoding.UTF8.GetBytes(login.Password.Reveal()), 0];
        try
        {
            await packets.WriteAsync(plain, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Encrypts without looking at the certificate, as clients do by default (<c>ssl-mode=PREFERRED</c>); no authority is loaded for it either.</summary>
    private static async Task<Stream> EncryptAsync(Stream stream, CancellationToken cancellationToken)
    {
        SslStream encrypted = new(stream, leaveInnerStreamOpen: false);
        await encrypted.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "",
#pragma warning disable CA5359 // As the summary says.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
            },
            cancellationToken).ConfigureAwait(false);
        return encrypted;
    }

    private static byte[] Head(Capabilities wanted)
    {
        byte[] head = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)wanted);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), LongestPacket);
        head[8] = CharacterSet;
        return head;
    }
}
