using System.Text.Json.Serialization;

namespace Foobar.Ops.Operations.Guard;

/// <summary>What happened to a primary that is watched.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WatchEventKind>))]
public enum WatchEventKind : long
{
    /// <summary>It answers; the first event of a watch that could begin.</summary>
    Healthy,

    /// <summary>It does not answer this machine, or can't write; others hear it, or not enough could look.</summary>
    Suspected,

    /// <summary>This machine is itself cut off: it reaches neither the primary nor those that could look for it.</summary>
    Isolated,

    /// <summary>It is dead, seen so from several observers.</summary>
    Dead,

    /// <summary>It answers again.</summary>
    Recovered,

    /// <summary>Writes were moved by somebody else: another member is the primary now.</summary>
    PrimaryChanged,

    /// <summary>It is dead, and no failover is begun: a person has suspended the watch.</summary>
    Suspended,

    /// <summary>It is dead, and no failover is begun: there was one a while ago, and no person has acknowledged it.</summary>
    Blocked,

    /// <summary>It is dead, and no failover could be begun: something stands in the way.</summary>
    FailoverRefused,

    /// <summary>A replica took its place.</summary>
    FailedOver,

    /// <summary>A failover was begun and did not end well.</summary>
    FailoverFailed,

    /// <summary>The old primary came back as a replica.</summary>
    Rejoined,

    /// <summary>The old primary is back and could not be made a replica by itself.</summary>
    RejoinRefused,

    /// <summary>A watch could not begin, since there is not exactly one primary that answers, and has ended.</summary>
    PrimaryUnknown,
}
