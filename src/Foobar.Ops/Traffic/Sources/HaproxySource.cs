using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// HAProxy's frontends, backends and servers, by its admin socket. Both commands go in one exchange, so the process that the
/// counters are of is known. After a reload the old process goes on with the connections that it has: it is asked by the
/// socket of the master process (HAProxy Management Guide, 9.4), for as long as it lives.
/// </summary>
internal sealed class HaproxySource(ISiteSession site, string server) : TrafficSource(server)
{
    /// <summary>What is asked, by the admin socket.</summary>
    internal const string Command = InfoParser.Source + ";" + StatParser.Source;

    /// <summary>Prints the words of the command line of the process that started another one.</summary>
    private const string MasterScript = """
        parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status") && tr '\0' '\n' <"/proc/$parent/cmdline"
        """;

    private const string AliveScript = """for process; do [ ! -d "/proc/$process" ] || echo "$process"; done""";

    private const int MasterAttempts = 20;

    private static readonly TimeSpan MasterPause = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<int> _old = [];
    private readonly string _adminSocket = site.Site.Policy.LoadBalancing.AdminSocket;
    private string? _masterSocket;
    private int? _process;
    private long _lastRead;
    private TimeSpan _unseen;
    private IReadOnlyDictionary<string, double> _checkSeconds = new Dictionary<string, double>();

    /// <summary>Finds the master's socket, how often servers are checked, and which old processes are still there.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        IServerSession session = await site.GetServerAsync(Server, cancellationToken);
        CounterReading first = HaproxyCounters.Parse(await HaproxySocket.AskAsync(session, _adminSocket, Command, cancellationToken));
        _process = ProcessOf(first);
        CommandResult master = await session.RunAsync(
            RemoteCommand.FromScript(MasterScript, Text(_process.Value)) with { Privileged = true }, cancellationToken);
        _masterSocket = master.ExitCode == 0 ? ParseMaster(master.OutputText) : null;
        _checkSeconds = await HaproxyChecks.ReadAsync(session, cancellationToken);
        _old.UnionWith(await OldProcessesAsync(session, cancellationToken));
        await ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        IServerSession session = await site.GetServerAsync(Server, cancellationToken);
        CounterReading now = HaproxyCounters.Parse(await HaproxySocket.AskAsync(session, _adminSocket, Command, cancellationToken));
        int process = ProcessOf(now);
        if (_process is { } before && before != process)
        {
            _old.Add(before);
            _old.UnionWith(await OldProcessesAsync(session, cancellationToken));
        }

        _process = process;
        _old.Remove(process);
        IReadOnlyList<CounterReading> older = _old.Count == 0 ? [] : await ReadOldAsync(session, cancellationToken);
        _lastRead = Environment.TickCount64;
        return now with
        {
            Counters = [.. now.Counters.Select(counter => WithChecks(counter with { Unseen = _unseen }))],
            Older = older,
            Note = _old.Count > 0 && _masterSocket is null
                ? "An old HAProxy process still drains, and can't be read without a master socket (-S)."
                : null,
        };
    }

    /// <summary>The socket of the master (<c>-S</c>) in the words of its command line.</summary>
    internal static string? ParseMaster(string commandLine)
    {
        string[] words = commandLine.Split('\n');
        int option = Array.IndexOf(words, "-S");
        string path = option >= 0 && option + 1 < words.Length ? words[option + 1].Split(',')[0] : "";
        path = path.StartsWith("unix@", StringComparison.Ordinal) ? path["unix@".Length..] : path;
        return path.StartsWith('/') ? path : null;
    }

    /// <summary>The old workers in <c>show proc</c> of the master.</summary>
    internal static IEnumerable<int> ParseOld(string text) => text.Split('\n').Select(line => line.Trim())
        .SkipWhile(line => line != "# old workers").Skip(1).TakeWhile(line => !line.StartsWith('#'))
        .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields.Length > 1 && fields[1] == "worker").Select(fields => Process(fields[0])).Where(process => process > 0);

    /// <summary>A process id; 0 for another text.</summary>
    private static int Process(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : 0;

    private static int ProcessOf(CounterReading reading) =>
        int.Parse(reading.Epoch.AsSpan(reading.Epoch.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<IEnumerable<int>> OldProcessesAsync(IServerSession session, CancellationToken cancellationToken) =>
        await AskMasterAsync(session, "show proc", null, cancellationToken) is { } processes ? ParseOld(processes) : [];

    /// <summary>Reads old processes by the master; one that has ended gives nothing, and is not asked again.</summary>
    private async Task<IReadOnlyList<CounterReading>> ReadOldAsync(IServerSession session, CancellationToken cancellationToken)
    {
        List<CounterReading> readings = [];
        foreach (int process in _masterSocket is null ? [] : _old.ToArray())
        {
            string command = string.Join(';', Command.Split(';').Select(each => $"@!{Text(process)} {each}"));
            if (await AskMasterAsync(session, command, process, cancellationToken) is { } answer)
            {
                readings.Add(HaproxyCounters.Parse(answer));
            }
        }

        if (_masterSocket is null)
        {
            await WatchOldAsync(session, cancellationToken);
            return [];
        }

        return readings;
    }

    /// <summary>
    /// Asks the master, which gives no answer while it starts itself anew for a reload. A master that stays silent is not
    /// asked again.
    /// </summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="command">The command.</param>
    /// <param name="process">The old process that is asked about; forgotten if it has ended.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async Task<string?> AskMasterAsync(IServerSession session, string command, int? process, CancellationToken cancellationToken)
    {
        for (int attempt = 0; _masterSocket is not null && attempt < MasterAttempts; attempt++)
        {
            try
            {
                string answer = await HaproxySocket.AskAsync(session, _masterSocket, command, cancellationToken);
                if (process is null || answer.Contains(HaproxyCounters.TableStart, StringComparison.Ordinal))
                {
                    return answer;
                }
            }
            catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
            {
                // It is asked once more below.
            }

            if (process is { } old && !(await AliveAsync(session, [old], cancellationToken)).Contains(old))
            {
                _old.Remove(old);
                return null;
            }

            await Task.Delay(MasterPause, cancellationToken);
        }

        _masterSocket = null;
        return null;
    }

    private static async Task<IReadOnlyList<int>> AliveAsync(
        IServerSession session, IEnumerable<int> processes, CancellationToken cancellationToken)
    {
        CommandResult alive = await session.RunAsync(RemoteCommand.FromScript(AliveScript, processes.Select(Text)), cancellationToken);
        return [.. alive.OutputText.Split('\n').Select(Process)];
    }

    /// <summary>Without a master's socket an old process can't be read: while it lives, it counts unseen.</summary>
    private async Task WatchOldAsync(IServerSession session, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> alive = await AliveAsync(session, _old, cancellationToken);
        _unseen += _old.Count == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Environment.TickCount64 - _lastRead);
        _old.IntersectWith(alive);
    }

    /// <summary>HAProxy does not count its checks; how often it checks a server stands in its configuration.</summary>
    private Counter WithChecks(Counter counter) =>
        counter.Origin != TrafficOrigin.HaproxyServer || !_checkSeconds.TryGetValue(counter.Name, out double seconds)
            ? counter
            : counter with
        {
            Parts = new Dictionary<TrafficPart, long>(counter.Parts)
            {
                [TrafficPart.HealthChecks] = (long)(Environment.TickCount64 / 1000.0 / seconds),
            },
        };
}
