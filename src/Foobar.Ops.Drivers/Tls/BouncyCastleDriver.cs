using System.Diagnostics;
using Foobar.Ops.Remoting.Drivers;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Foobar.Ops.Drivers.Tls;

/// <summary>Handshakes by BouncyCastle, without blocking: what it wants to send is taken from it, and what came is given to it.</summary>
internal sealed class BouncyCastleDriver : ITlsDriver
{
    private const int BufferLength = 16384, MostBytes = 1 << 19;

    // A server sends its tickets of TLS 1.3 right behind the handshake, if at all (RFC 8446, 4.6.1).
    private static readonly TimeSpan LeastTicketWait = TimeSpan.FromMilliseconds(200);

    private readonly BcTlsCrypto _crypto = new(new SecureRandom());

    /// <inheritdoc/>
    public async Task<WholeHandshake> ShakeHandsAsync(Stream stream, WholeOffer offer, CancellationToken cancellationToken)
    {
        ScanClient client = new(_crypto, offer);
        ScanProtocol protocol = new();
        Conversation talk = new(stream, protocol);
        try
        {
            long started = Stopwatch.GetTimestamp();
            protocol.Connect(client);
            while (protocol.IsHandshaking)
            {
                await talk.TurnAsync(cancellationToken);
            }

            if (offer.IsTls13)
            {
                await talk.SendAsync(cancellationToken);
                await TicketAsync(talk, protocol, Stopwatch.GetElapsedTime(started), cancellationToken);
            }

            WholeHandshake result = client.Result(protocol);

            // A server forgets a session whose connection breaks off without a word (RFC 5246, 7.2.1).
            protocol.Close();
            await talk.SendAsync(cancellationToken);
            return result;
        }
        catch (Exception error) when (
            error is not (OperationCanceledException or IOException { InnerException: System.Net.Sockets.SocketException }))
        {
            return client.Result(protocol) with { Problem = $"ended the handshake: {client.Alert ?? error.Message}" };
        }
    }

    /// <summary>Reads on until a ticket came, as long as three handshakes take.</summary>
    private static async Task TicketAsync(Conversation talk, ScanProtocol protocol, TimeSpan handshake, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan wait = handshake * 3;
        patience.CancelAfter(wait > LeastTicketWait ? wait : LeastTicketWait);
        try
        {
            while (!protocol.HasTicket && !protocol.IsClosed)
            {
                await talk.TurnAsync(patience.Token);
            }
        }
        catch (Exception error) when (
            error is IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // None came, which is an answer too; the handshake itself is done.
        }
    }

    /// <summary>Carries bytes between a stream and a protocol.</summary>
    private sealed class Conversation(Stream stream, ScanProtocol protocol)
    {
        private readonly byte[] _buffer = new byte[BufferLength];
        private int _taken;

        /// <summary>Sends what is to be sent, and takes what comes next.</summary>
        public async Task TurnAsync(CancellationToken cancellationToken)
        {
            await SendAsync(cancellationToken);
            int read = await stream.ReadAsync(_buffer, cancellationToken);
            _taken += read;
            if (read == 0 || _taken > MostBytes)
            {
                throw new EndOfStreamException(read == 0 ? "it closed the connection" : "it sent too much");
            }

            protocol.OfferInput(_buffer, 0, read);
        }

        public async Task SendAsync(CancellationToken cancellationToken)
        {
            byte[] output = new byte[protocol.GetAvailableOutputBytes()];
            if (protocol.ReadOutput(output, 0, output.Length) > 0)
            {
                await stream.WriteAsync(output, cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }
    }
}
