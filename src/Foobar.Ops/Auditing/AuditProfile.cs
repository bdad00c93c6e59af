using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Where the time of an audit goes: connecting, reading by server and part, judging by part. Safe for concurrent use. Servers and
/// parts are worked on side by side, so that their times do not add up to the whole.
/// </summary>
public sealed class AuditProfile
{
    private readonly ConcurrentDictionary<(AuditPhase Phase, string Server, string Part), Sum> _sums = new();

    /// <summary>Notes time that was spent.</summary>
    /// <param name="phase">With what.</param>
    /// <param name="server">For which server; empty for all together.</param>
    /// <param name="part">For which part of the audit; empty for none.</param>
    /// <param name="time">How long.</param>
    public void Add(AuditPhase phase, string server, string part, TimeSpan time) => Of(phase, server, part).Add(time);

    /// <summary>Notes a command that was run for a part of a server's facts.</summary>
    public void Add(string server, string part, CommandResult result) => Of(AuditPhase.Read, server, part).Add(result);

    /// <summary>The profile as a table, the most expensive line of each phase first.</summary>
    public override string ToString()
    {
        StringBuilder text = new("phase    server        part                    ms  commands  their ms");
        foreach (((AuditPhase phase, string server, string part), Sum sum) in _sums.OrderBy(pair => pair.Key.Phase)
            .ThenByDescending(pair => pair.Value.Time))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{phase,-8} {server,-13} {part,-18} {sum.Time.TotalMilliseconds,7:0}");
            if (sum.Commands > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {sum.Commands,8}  {sum.Running.TotalMilliseconds,8:0}");
            }
        }

        return text.ToString();
    }

    private Sum Of(AuditPhase phase, string server, string part) => _sums.GetOrAdd((phase, server, part), _ => new Sum());

    private sealed class Sum
    {
        private long _time;
        private long _running;
        private int _commands;

        public TimeSpan Time => new(Interlocked.Read(ref _time));

        public TimeSpan Running => new(Interlocked.Read(ref _running));

        public int Commands => _commands;

        public void Add(TimeSpan time) => Interlocked.Add(ref _time, time.Ticks);

        public void Add(CommandResult result)
        {
            Interlocked.Increment(ref _commands);
            Interlocked.Add(ref _running, result.Duration.Ticks);
        }
    }
}

/// <summary>What an audit spends its time with.</summary>
public enum AuditPhase
{
    /// <summary>Connecting to a server, or waiting for the session that there is.</summary>
    Connect,

    /// <summary>Reading facts, parsing among it.</summary>
    Read,

    /// <summary>Judging facts.</summary>
    Judge,
}
