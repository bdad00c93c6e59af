using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Caa;

/// <summary>
/// Asks this machine's resolvers which authorities may issue certificates for a name. The base class library asks for
/// addresses only, and for one question a package of its own would be too much.
/// </summary>
internal static class CaaLookup
{
    private const int DnsPort = 53, Tries = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>This machine's resolvers.</summary>
    public static IReadOnlyList<IPEndPoint> Resolvers =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces().Where(static one => one.OperationalStatus == OperationalStatus.Up)
            .SelectMany(static one => one.GetIPProperties().DnsAddresses).Distinct().Select(
                static address => new IPEndPoint(address, DnsPort)),
    ];

    /// <summary>The records that hold for a name (RFC 8659, 3); unreadable where a resolver does not tell.</summary>
    /// <param name="name">The name.</param>
    /// <param name="resolvers">Whom to ask, one after the other.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Reading<CaaSet>> FindAsync(
        string name, IReadOnlyList<IPEndPoint> resolvers, CancellationToken cancellationToken)
    {
        string source = $"CAA records of {name}, as this machine's resolver gives them";
        string[] labels = name.TrimEnd('.').Split('.');
        try
        {
            for (int index = 0; index < labels.Length; index++)
            {
                string owner = string.Join('.', labels[index..]);
                if (await AskAsync(owner, resolvers, cancellationToken) is { Count: > 0 } records)
                {
                    return Reading.Of(new CaaSet(name, owner, records), source);
                }
            }

            return Reading.Of(new CaaSet(name, null, []), source);
        }
        catch (WireException error)
        {
            return Reading.Unreadable<CaaSet>($"The CAA records of {name} could not be read: {error.Message}.", source);
        }
    }

    /// <summary>The records of a name itself.</summary>
    /// <exception cref="WireException">No resolver told.</exception>
    private static async Task<IReadOnlyList<CaaRecord>> AskAsync(
        string name, IReadOnlyList<IPEndPoint> resolvers, CancellationToken cancellationToken)
    {
        WireException last = new("this machine has no resolver");
        foreach (IPEndPoint resolver in Enumerable.Repeat(resolvers, Tries).SelectMany(static each => each))
        {
            try
            {
                return await AskWithinAsync(name, resolver, cancellationToken);
            }
            catch (WireException error)
            {
                last = error;
            }
        }

        throw last;
    }

    /// <summary>What one resolver tells, within a time limit.</summary>
    /// <exception cref="WireException">It does not tell; with its address.</exception>
    private static async Task<IReadOnlyList<CaaRecord>> AskWithinAsync(
        string name, IPEndPoint resolver, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            return await AskAsync(name, resolver, limit.Token);
        }
        catch (WireException error)
        {
            throw new WireException($"{resolver} {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WireException($"{resolver} gave no answer within {Patience.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw new WireException($"{resolver} could not be asked: {error.Message}");
        }
    }

    private static async Task<IReadOnlyList<CaaRecord>> AskAsync(string name, IPEndPoint resolver, CancellationToken cancellationToken)
    {
        byte[] question = CaaMessage.Ask(BinaryPrimitives.ReadUInt16BigEndian(RandomNumberGenerator.GetBytes(sizeof(ushort))), name);
        using Socket socket = new(resolver.AddressFamily, SocketType.Dgram, ProtocolType.Udp);

        // From a connected socket no other host's answer is taken.
        await socket.ConnectAsync(resolver, cancellationToken);
        await socket.SendAsync(question, cancellationToken);
        byte[] answer = new byte[ushort.MaxValue];
        int length = await socket.ReceiveAsync(answer, cancellationToken);
        return CaaMessage.Read(answer.AsSpan(0, length), question) ?? await AskOverTcpAsync(question, resolver, cancellationToken);
    }

    /// <summary>RFC 7766: each message has its length before it.</summary>
    private static async Task<IReadOnlyList<CaaRecord>> AskOverTcpAsync(
        byte[] question, IPEndPoint resolver, CancellationToken cancellationToken)
    {
        using TcpClient client = new(resolver.AddressFamily);
        await client.ConnectAsync(resolver, cancellationToken);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync((byte[])[(byte)(question.Length >> 8), (byte)question.Length, .. question], cancellationToken);
        byte[] header = new byte[sizeof(ushort)];
        await stream.ReadExactlyAsync(header, cancellationToken);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(header)];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return CaaMessage.Read(answer, question) ?? throw new WireException("cut its answer off");
    }
}
