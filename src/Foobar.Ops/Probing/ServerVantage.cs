using System.Globalization;
using System.Net;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Probing;

/// <summary>
/// Probes from a server over its session, with what it has: perl (essential on Debian), python, or bash, which tries TCP
/// only. Nothing is installed or written there, and an alarm ends the program should the session not.
/// </summary>
public sealed class ServerVantage(IServerSession session) : IVantage
{
    private const string NoTool = "the server has none of perl, python3 and bash to probe with";
    private static readonly string Shell = Text("probe.sh");
    private static readonly string Perl = Text("probe.pl");
    private static readonly string Python = Text("probe.py");

    /// <inheritdoc/>
    public string Name => session.Server.Name;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProbeResult>> RunAsync(
        IReadOnlyList<Probe> probes, ProbeOptions options, CancellationToken cancellationToken)
    {
        if (probes.Count == 0)
        {
            return [];
        }

        CommandResult result = await session.RunAsync(Command(probes, options), cancellationToken);
        return Parse(probes, result.OutputText, result.ErrorText, Name);
    }

    /// <summary>What runs on the server.</summary>
    internal static RemoteCommand Command(IReadOnlyList<Probe> probes, ProbeOptions options)
    {
        TimeSpan longest = options.Longest(probes.Count);
        string lines = string.Concat(probes.Select(static (probe, number) => string.Create(
            CultureInfo.InvariantCulture,
            $"{number} {(probe.Protocol == TransportProtocol.Tcp ? "tcp" : "udp")} {probe.Address} {probe.Port} {Datagrams.Text(probe.Port)}\n")));
        return RemoteCommand.FromScript(
            Shell, Perl, Python, Number(options.Wait.TotalSeconds), Number(options.Parallel), Number(options.RatePerSecond),
            Number(Math.Ceiling(longest.TotalSeconds))) with
        {
            Input = Encoding.ASCII.GetBytes(lines),
            TimeLimit = longest + TimeSpan.FromSeconds(5),
        };
    }

    /// <summary>Reads what the program said: the tool, then <c>number outcome milliseconds source</c> a probe, in any order.</summary>
    /// <exception cref="ParseException">A line is of another form.</exception>
    internal static IReadOnlyList<ProbeResult> Parse(IReadOnlyList<Probe> probes, string output, string error, string server)
    {
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string why = lines is ["tool none"]
            ? NoTool
            : $"the server's {(lines.Length > 0 ? lines[0] : "tool")} said nothing of "
                + $"it{(error.Length == 0 ? string.Empty : $": {error.Trim()}")}";
        ProbeResult[] results = [.. probes.Select(probe => new ProbeResult { Probe = probe, State = ProbeState.Unknown, Detail = why })];
        for (int index = 1; index < lines.Length; index++)
        {
            string[] fields = lines[index].Split(' ');
            if (fields.Length != 4
                || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                || number >= results.Length)
            {
                throw new ParseException(
                    server, "the probing program", index + 1,
                    $"expected a probe's number, outcome, time and source, found '{lines[index]}'");
            }

            results[number] = Outcomes.Of(
                probes[number],
                fields[1],
                double.TryParse(fields[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double time)
                    ? TimeSpan.FromMilliseconds(Math.Min(time, int.MaxValue))
                    : null,
                IPAddress.TryParse(fields[3], out IPAddress? source) ? source : null);
        }

        return results;
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Text(string name)
    {
        using Stream stream = typeof(ServerVantage).Assembly.GetManifestResourceStream($"Foobar.Ops.Probing.{name}")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
