using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>
/// Makes connections to one endpoint: a bounded number at once, each within its time limit, and none any more once several
/// got no answer. What a connection that broke would have said is asked once more.
/// </summary>
/// <param name="connect">Opens a stream to the endpoint.</param>
/// <param name="options">How to go about it.</param>
/// <param name="deadline">Cancelled when the scan's time is over.</param>
internal sealed class Prober(Func<CancellationToken, Task<Stream>> connect, ScanOptions options, CancellationToken deadline) : IDisposable
{
    private const int MostTimeouts = 3, BufferLength = 16384;

    private readonly SemaphoreSlim _slots = new(options.Concurrency);
    private int _connections;
    private int _timeouts;

    /// <summary>How many connections were begun.</summary>
    public int Connections => _connections;

    /// <summary>Sends a ClientHello and reads the answer.</summary>
    public Task<ProbeOutcome> AskAsync(HelloOffer offer, FlightPart part, CancellationToken cancellationToken) =>
        AskAsync(() => HelloWriter.Write(offer), part, cancellationToken);

    /// <summary>Makes a connection and does something with it; <see cref="ProbeEnd.Lost"/> with its reason where that fails.</summary>
    public async Task<(T? Value, ProbeOutcome Outcome)> UseAsync<T>(
        Func<Stream, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
        where T : class
    {
        T? value = null;
        ProbeOutcome outcome = await InsistAsync(
            async (stream, token) =>
            {
                value = await use(stream, token);
                return new ProbeOutcome(ProbeEnd.Answered, new ServerFlight());
            },
            cancellationToken);
        return (value, outcome);
    }

    public void Dispose() => _slots.Dispose();

    private Task<ProbeOutcome> AskAsync(Func<byte[]> hello, FlightPart part, CancellationToken cancellationToken) =>
        InsistAsync((stream, token) => TalkAsync(stream, hello(), part, token), cancellationToken);

    private async Task<ProbeOutcome> InsistAsync(
        Func<Stream, CancellationToken, Task<ProbeOutcome>> talk, CancellationToken cancellationToken)
    {
        ProbeOutcome outcome = await GuardAsync(talk, cancellationToken);
        bool broke = outcome.End == ProbeEnd.Closed || (outcome.End == ProbeEnd.Lost && outcome.Error is IOException or SocketException);
        return broke ? await GuardAsync(talk, cancellationToken) : outcome;
    }

    private async Task<ProbeOutcome> GuardAsync(
        Func<Stream, CancellationToken, Task<ProbeOutcome>> talk, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            return deadline.IsCancellationRequested
                ? Lost(FormattableString.Invariant($"was not asked: the scan's {options.TimeLimit.TotalSeconds:0.#} s were over"))
                : _timeouts >= MostTimeouts ? Lost("was not asked: it left several connections without an answer")
                : await TryAsync(talk, cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<ProbeOutcome> TryAsync(Func<Stream, CancellationToken, Task<ProbeOutcome>> talk, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline);
        limit.CancelAfter(options.ConnectionLimit);
        try
        {
            if (Interlocked.Increment(ref _connections) > 1 && options.Pause > TimeSpan.Zero)
            {
                await Task.Delay(options.Pause, cancellationToken);
            }

            await using Stream stream = await connect(limit.Token);
            await StartTlsDialogue.BeginAsync(options.StartTls, stream, limit.Token);
            return await talk(stream, limit.Token);
        }
        catch (WireException error)
        {
            return new ProbeOutcome(ProbeEnd.Garbled, new ServerFlight(), error.Message, error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.Increment(ref _timeouts);
            return Lost(
                deadline.IsCancellationRequested
                    ? FormattableString.Invariant($"gave no answer before the scan's {options.TimeLimit.TotalSeconds:0.#} s were over")
                    : FormattableString.Invariant($"gave no answer within {options.ConnectionLimit.TotalSeconds:0.#} s"),
                error);
        }
        catch (Exception error) when (
            error is IOException or SocketException || (error is FoobarException foobar && foobar.ErrorId != "ConnectionLost"))
        {
            return Lost($"broke the connection: {error.Message.TrimEnd('.')}", error);
        }
    }

    private static async Task<ProbeOutcome> TalkAsync(Stream stream, byte[] hello, FlightPart part, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(hello, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        FlightParser parser = new(part);
        byte[] buffer = new byte[BufferLength];
        while (!parser.IsComplete)
        {
            int read = await stream.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                // An answer that ends early still shows what the endpoint chose.
                return parser.Flight.Hello is null
                    ? new ProbeOutcome(ProbeEnd.Closed, parser.Flight, "closed the connection without a word") : Outcome(parser.Flight);
            }

            parser.Take(buffer.AsSpan(0, read));
        }

        return Outcome(parser.Flight);
    }

    private static ProbeOutcome Outcome(ServerFlight flight) => flight.Hello is null && flight.Ssl20Kinds is null
        ? new(ProbeEnd.Alerted, flight)
        : new(ProbeEnd.Answered, flight);

    private static ProbeOutcome Lost(string reason, Exception? error = null) => new(ProbeEnd.Lost, new ServerFlight(), reason, error);
}
