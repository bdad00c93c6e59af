using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// What a database that does not run wrote to its error log last: the file that <c>log_error</c> names, else its unit's journal.
/// </summary>
internal static partial class ErrorLog
{
    private const int Most = 3;
    private const int Longest = 300;

    private static readonly RemoteCommand Command = RemoteCommand.FromScript(BinlogFiles.Find + "\n" + DatabaseUnit.Find + """

        errors=$(option 'log[-_]error')
        case $errors in stderr) errors=;; ''|/*) ;; *) errors=$datadir/$errors;; esac
        case ${errors##*/} in ''|*.*) ;; *) errors=$errors.err;; esac
        if [ -n "$errors" ] && [ -s "$errors" ]; then
            tail -n 400 -- "$errors"
        elif [ -n "$unit" ]; then
            journalctl --quiet --no-pager --output=cat --lines=400 --unit="$unit"
        fi
        """) with { Privileged = true, TimeLimit = TimeSpan.FromSeconds(10) };

    /// <summary>Its last errors in one line, with a blank before; or why they could not be read; empty if there are none.</summary>
    public static async Task<string> QuoteAsync(IServerSession machine, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<string> errors = Last((await machine.RunAsync(Command, cancellationToken)).OutputText);
            return errors.Count > 0 ? $" Its error log: {string.Join(" | ", errors)}" : "";
        }
        catch (FoobarException error)
        {
            return $" Its error log could not be read: {error.Message}";
        }
    }

    /// <summary>The last errors of the last start that had any.</summary>
    /// <param name="text">The end of the log.</param>
    internal static IReadOnlyList<string> Last(string text)
    {
        List<string> errors = [];
        List<string> latest = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Start().IsMatch(line))
            {
                (errors, latest) = latest.Count > 0 ? (latest, []) : (errors, latest);
            }
            else if (Error().IsMatch(line))
            {
                latest.Add(line.Length > Longest ? $"{line[..Longest]}..." : line);
            }
        }

        return [.. (latest.Count > 0 ? latest : errors).TakeLast(Most)];
    }

    // MySQL: "/usr/sbin/mysqld (mysqld 9.1.0) starting as process 7"; MariaDB: "Starting MariaDB 10.11.6-... as process 7".
    [GeneratedRegex("(?i)\\bstarting\\b.* as process [0-9]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Start();

    [GeneratedRegex("(?i)\\[(ERROR|FATAL)\\]|got signal|assertion failure", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Error();
}
