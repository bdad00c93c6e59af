using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>Which transactions a database server holds, and whether it counts them at all.</summary>
public sealed record GtidFacts
{
    /// <summary>Whether every transaction gets a GTID (MySQL <c>gtid_mode=ON</c>; MariaDB always does).</summary>
    public required bool Enabled { get; init; }

    /// <summary>
    /// Whether what GTIDs can't express is refused (MySQL <c>enforce_gtid_consistency</c>, MariaDB <c>gtid_strict_mode</c>).
    /// </summary>
    public required bool Enforced { get; init; }

    /// <summary>All transactions it has committed: MySQL <c>gtid_executed</c>, MariaDB <c>gtid_binlog_state</c>.</summary>
    [Measurement]
    public required string Executed { get; init; }

    /// <summary>
    /// The transactions of which it no longer has the binary log: MySQL <c>gtid_purged</c>; empty on MariaDB, which does not say.
    /// </summary>
    [Measurement]
    public string Purged { get; init; } = "";

    /// <summary>MariaDB <c>gtid_current_pos</c>: how far it is, whoever wrote; <see langword="null"/> on MySQL.</summary>
    [Measurement]
    public string? Position { get; init; }

    /// <summary>When <see cref="Executed"/> was read, by the operator's clock.</summary>
    [Measurement]
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>The same as <see cref="Executed"/>, read again at the end.</summary>
    [Measurement]
    public string? ExecutedLater { get; init; }

    /// <summary>When <see cref="ExecutedLater"/> was asked for, by the operator's clock.</summary>
    [Measurement]
    public DateTimeOffset? AskedLaterAt { get; init; }

    /// <summary>Transactions committed a second while the facts were read; <see langword="null"/> if not measured.</summary>
    [Measurement]
    public double? TransactionsPerSecond { get; init; }

    /// <summary>
    /// All it is known to hold. A MariaDB replica that was copied or lost its binary log knows more from its position than from its log.
    /// </summary>
    internal string Reached => Position is { Length: > 0 } ? $"{ExecutedLater ?? Executed},{Position}" : ExecutedLater ?? Executed;

    /// <summary>
    /// Whether what it writes next would get numbers that its source has given already: its binary log does not know what it
    /// applied, as after <c>RESET MASTER</c> (MariaDB counts on from <c>gtid_binlog_state</c>). One that is applying tells a
    /// little late what it holds; so without a later reading a domain counts only if its log knows nothing of it.
    /// </summary>
    internal bool NumbersAgain =>
        Position is { } position && MariaDbGtidState.TryParse(position, out MariaDbGtidState? applied)
        && MariaDbGtidState.TryParse(ExecutedLater ?? Executed, out MariaDbGtidState? logged)
        && logged.Position() is var known
        && applied.Position().Any(
            domain => !known.TryGetValue(domain.Key, out ulong last) || (ExecutedLater is not null && last < domain.Value));

    internal static GtidFacts From(ServerVariables variables, DatabaseFlavor flavor) => flavor == DatabaseFlavor.MySql
        ? new()
        {
            Enabled = variables.Require("gtid_mode") == "ON",
            Enforced = variables.Flag("enforce_gtid_consistency") == true,
            Executed = OneLine(variables.Require("gtid_executed")),
            Purged = OneLine(variables.Text("gtid_purged") ?? ""),
        }
        : new()
        {
            Enabled = true,
            Enforced = variables.Flag("gtid_strict_mode") == true,
            Executed = variables.Require("gtid_binlog_state"),
            Position = variables.Require("gtid_current_pos"),
        };

    private static string OneLine(string set) => set.Replace("\n", "", StringComparison.Ordinal);
}
