namespace Foobar.Ops.Planning;

/// <summary>Where a runner records what it is about to do and what it did.</summary>
public interface IJournal
{
    /// <summary>Appends records; returns when they would survive the loss of power, if asked for.</summary>
    /// <param name="records">The records.</param>
    /// <param name="durable">Whether to wait for the disk.</param>
    void Append(IEnumerable<JournalRecord> records, bool durable = true);
}
