using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>
/// A network namespace without a name, held by one thread, with its networks on tun devices. It goes when the
/// thread ends, and so when the process dies, however that happens. The host's own namespace is never touched.
/// </summary>
internal sealed class Sandbox : IDisposable
{
    private const ushort LogGroup = 7;
    private readonly TunDevice[] _devices;
    private readonly Netlink _log;
    private readonly RawSender _sender;
    private readonly RulesetLoader _loader = new();
    private TraceListener? _trace;

    private Sandbox(SandboxHost host)
    {
        _devices = [.. host.Interfaces.Select(name => new TunDevice(name))];
        SandboxNetwork.Configure(host);
        _log = new Netlink();
        _log.ListenTo(LogGroup);
        _sender = new RawSender();
    }

    /// <summary>Runs work on a thread of its own in a new namespace.</summary>
    /// <param name="work">The work.</param>
    /// <param name="host">What stands there; the router with three networks if not given.</param>
    public static Task<T> RunAsync<T>(Func<Sandbox, T> work, SandboxHost? host = null)
    {
        TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                Native.EnterNewNetworkNamespace();
                using Sandbox sandbox = new(host ?? SandboxNetwork.Router);
                completion.SetResult(work(sandbox));
            }
#pragma warning disable CA1031 // Whatever it is, it belongs to the one who awaits the work.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                completion.SetException(exception);
            }
        });
        thread.IsBackground = true;
        thread.Start();
        return completion.Task;
    }

    /// <summary>
    /// Empties all packet filters, forgets all connections, and opens those that the probes belong to. What the server's
    /// own stack would answer to the opening packets is held back, since it would close them.
    /// </summary>
    public void Reset(IEnumerable<Probe> probes)
    {
        _loader.Clear();
        _log.ForgetConnections();
        foreach (Probe opening in probes.SelectMany(static probe => probe.Prelude))
        {
            Send(opening);
        }

        Drain();
    }

    /// <summary>Loads a ruleset; gives the error of the tool that refused it, or <see langword="null"/>.</summary>
    public string? Load(GeneratedRuleset ruleset)
    {
        string? error = _loader.Load(ruleset);
        if (error is null && _trace is not null)
        {
            Tool.Run("nft", TraceListener.Chains, "-f", "-");
        }

        return error;
    }

    /// <summary>From the next ruleset on, tells of each probe which rules of nftables it met.</summary>
    public void StartTracing() => _trace ??= new TraceListener();

    /// <summary>The rules of nftables that packets met since the last call, in order: <c>inet t0 base1 handle 7</c>.</summary>
    public IReadOnlyList<string> RulesMet() => _trace?.Rules() ?? [];

    /// <summary>Forgets all connections, so that the next packet is the first of one again.</summary>
    public void ForgetConnections() => _log.ForgetConnections();

    /// <summary>Sends a probe and tells what the kernel did with it.</summary>
    public Observation Observe(Probe probe)
    {
        Send(probe);
        List<(string Interface, SeenPacket Packet)> sent = [];
        foreach (TunDevice device in _devices)
        {
            sent.AddRange(
                device.Sent()
                    .Select(bytes => PacketReader.Read(bytes))
                    .OfType<SeenPacket>()
                    .Where(packet => packet.Is(probe))
                    .Select(packet => (device.Name, packet)));
        }

        LoggedPacket[] logged = [.. _log.Logged()];
        if (Find(logged, ObserverRuleset.InputPrefix, packet => packet.Is(probe)) is { } delivered)
        {
            return new Observation(Outcome.Delivered, delivered, null);
        }

        return sent.Count > 0 ? new Observation(Outcome.Sent, sent[0].Packet, sent[0].Interface)
            : Find(logged, ObserverRuleset.OutputPrefix, packet => packet.Rejects(probe)) is null
                ? new Observation(Outcome.Dropped, null, null)
            : new Observation(Outcome.Rejected, null, null);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _trace?.Dispose();
        _log.Dispose();
        foreach (TunDevice device in _devices)
        {
            device.Dispose();
        }
    }

    private static SeenPacket? Find(LoggedPacket[] logged, string prefix, Func<SeenPacket, bool> condition) => logged
        .Where(packet => packet.Prefix == prefix)
        .Select(packet => PacketReader.Read(packet.Bytes))
        .OfType<SeenPacket>()
        .FirstOrDefault(condition);

    private void Send(Probe probe)
    {
        byte[] packet = PacketWriter.Write(probe);
        if (probe.InInterface is null)
        {
            _sender.Send(packet, probe.Destination, probe.Mark);
        }
        else
        {
            _devices.Single(device => device.Name == probe.InInterface).Inject(packet);
        }
    }

    private void Drain()
    {
        _ = _log.Logged().Count();
        _ = _devices.Sum(device => device.Sent().Count());
        _ = _trace?.Rules();
    }
}
