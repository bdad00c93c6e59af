using System.Globalization;

namespace Foobar.Ops.Database;

/// <summary>
/// What a member waits for at each commit (MySQL Reference Manual, "sync_binlog", "innodb_flush_log_at_trx_commit"; MariaDB has the same).
/// </summary>
/// <param name="SyncBinlog">After how many commits the binary log is synchronized to disk; 0 for when the system likes.</param>
/// <param name="FlushLogAtCommit">1: the redo log is synchronized at each commit; 2: written at each, synchronized once a second; 0: both
/// once a second.</param>
public sealed record Durability(long SyncBinlog, long FlushLogAtCommit)
{
    /// <summary>Waiting for nothing: what a crash of the process keeps, and a crash of the machine may lose.</summary>
    public static readonly Durability Relaxed = new(0, 2);

    /// <summary>Reads what <see cref="ToString"/> wrote; <see langword="null"/> if it is something else.</summary>
    public static Durability? Parse(string? text) => text?.Split(' ') is [{ } binlog, { } redo]
        && uint.TryParse(binlog, NumberStyles.None, CultureInfo.InvariantCulture, out uint sync)
        && uint.TryParse(redo, NumberStyles.None, CultureInfo.InvariantCulture, out uint flush)
            ? new(sync, flush)
            : null;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{SyncBinlog} {FlushLogAtCommit}");
}
