namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>A transaction as logs and replication carry it.</summary>
/// <param name="origin">The number of the member that committed it first, from 0.</param>
/// <param name="sequence">Its number there (MySQL), or in the domain (MariaDB).</param>
/// <param name="gtid">Its GTID as written.</param>
/// <param name="effect">What it changes on whoever commits it; <see langword="null"/> for a client's row.</param>
internal sealed class Tx(int origin, long sequence, string gtid, Action<Member>? effect)
{
    public int Origin => origin;

    public long Sequence => sequence;

    public string Gtid => gtid;

    public Action<Member>? Effect => effect;

    public override string ToString() => gtid;
}

/// <summary>The marker's row.</summary>
internal sealed record MarkRow(string Id, string Holder, string Since, string State, string Old, string New, string Parameters)
{
    public bool IsUnfinished => State is "running" or "switched";
}

/// <summary>What a member says of where it replicates from.</summary>
internal sealed class Link
{
    /// <summary>The source as it was given.</summary>
    public required string Host { get; set; }

    /// <summary>The source; <see langword="null"/> where no member has that address.</summary>
    public Member? Source { get; set; }

    public bool ReceiverOn { get; set; }

    public bool ApplierOn { get; set; }

    /// <summary>Whether the receiver is connected.</summary>
    public bool Connected
    {
        get;
        set
        {
            field = value;
            Known = value ? Source : Known;
        }
    }

    /// <summary>The source that it was last connected to: what it learned of it then it keeps.</summary>
    public Member? Known { get; set; }

    /// <summary>Whether it logged in as a semi-synchronous replica.</summary>
    public bool Acknowledges { get; set; }

    /// <summary>Whether it says of itself that it is one; it does so while it only lost its source, too.</summary>
    public bool SaysSemi { get; set; }

    public int Error { get; set; }

    public string ErrorText { get; set; } = "";

    public int ApplyError { get; set; }

    public string ApplyErrorText { get; set; } = "";

    /// <summary>How much of the source's log was read: an index into it.</summary>
    public int Read { get; set; }

    public Queue<Tx> Relay { get; } = new();

    /// <summary>MySQL's <c>Retrieved_Gtid_Set</c>: the first and last number received of each member.</summary>
    public (long Low, long High)[] Retrieved { get; set; } = new (long, long)[3];

    /// <summary>MariaDB's <c>Gtid_IO_Pos</c>.</summary>
    public Tx? ReceivedLast { get; set; }

    /// <summary>Whether a pump of it is due.</summary>
    public bool IsDue { get; set; }

    /// <summary>Whether the applier is in the middle of a commit.</summary>
    public bool IsApplying { get; set; }

    /// <summary>Whether nothing goes over it though it looks connected, since when.</summary>
    public long SilentSince { get; set; }

    /// <summary>How many heartbeats and transactions came.</summary>
    public long Heard { get; set; }

}
