using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Probing;

/// <summary>Probes from the machine this process runs on.</summary>
public sealed class LocalVantage : IVantage
{
    /// <summary>The name findings give the operator's own machine.</summary>
    public const string OwnMachine = Vantage.OwnMachine;

    /// <inheritdoc/>
    public string Name => OwnMachine;

    /// <summary>
    /// The address from which the kernel would send to another; <see langword="null"/> if there is no way there. Sends nothing.
    /// </summary>
    public static IPAddress? SourceTo(IPAddress address)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
            socket.Connect(address, 9);
            return (socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProbeResult>> RunAsync(
        IReadOnlyList<Probe> probes, ProbeOptions options, CancellationToken cancellationToken)
    {
        ProbeResult[] results = new ProbeResult[probes.Count];
        long begun = Stopwatch.GetTimestamp();
        ParallelOptions bounds = new() { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, probes.Count), bounds, async (number, token) =>
        {
            TimeSpan early = TimeSpan.FromSeconds((double)number / options.RatePerSecond) - Stopwatch.GetElapsedTime(begun);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, token);
            }

            results[number] = await TryAsync(probes[number], options.Wait, token);
        });
        return results;
    }

    private static async Task<ProbeResult> TryAsync(Probe probe, TimeSpan wait, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        bool tcp = probe.Protocol == TransportProtocol.Tcp;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(wait);
        try
        {
            using Socket socket = new(
                probe.Address.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram,
                tcp ? System.Net.Sockets.ProtocolType.Tcp : System.Net.Sockets.ProtocolType.Udp);
            string word = await AskAsync(socket, probe, limit.Token);
            return Outcomes.Of(probe, word, Stopwatch.GetElapsedTime(begun), SourceOf(socket));
        }
        catch (SocketException error)
        {
            return Outcomes.Of(probe, Outcomes.Word(error.SocketErrorCode), Stopwatch.GetElapsedTime(begun), null);
        }

        async Task<string> AskAsync(Socket socket, Probe what, CancellationToken token)
        {
            try
            {
                await socket.ConnectAsync(what.Address, what.Port, token);
                if (!tcp)
                {
                    await socket.SendAsync(Datagrams.For(what.Port), token);
                    await socket.ReceiveAsync(new byte[1500], token);
                }

                return "open";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return "silent";
            }
        }
    }

    private static IPAddress? SourceOf(Socket socket) => (socket.LocalEndPoint as IPEndPoint)?.Address;
}
