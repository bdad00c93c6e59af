using System.Text.Json.Serialization;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>What a replication thread does.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReplicationThread>))]
public enum ReplicationThread : long
{
    /// <summary>It does not run.</summary>
    Stopped,

    /// <summary>It tries to reach its source.</summary>
    Connecting,

    /// <summary>It runs.</summary>
    Running,
}

/// <summary>One source a database server replicates from.</summary>
public sealed record ReplicationChannel
{
    /// <summary>The channel's or connection's name; empty for the default one.</summary>
    public required string Name { get; init; }

    /// <summary>The source's host as configured.</summary>
    public required string SourceHost { get; init; }

    /// <summary>The source's TCP port.</summary>
    public required int SourcePort { get; init; }

    /// <summary>The source's host and port, for people.</summary>
    internal string SourcePlace => new RemoteEndpoint.Tcp(SourceHost, SourcePort).ToString();

    /// <summary>The source's <c>server_id</c>; 0 before the first connection.</summary>
    public long SourceServerId { get; init; }

    /// <summary>The source's <c>server_uuid</c>; <see langword="null"/> on MariaDB and before the first connection.</summary>
    public Guid? SourceUuid { get; init; }

    /// <summary>The account it logs in with.</summary>
    public string User { get; init; } = "";

    /// <summary>The thread that receives.</summary>
    public required ReplicationThread Receiver { get; init; }

    /// <summary>The thread that applies.</summary>
    public required ReplicationThread Applier { get; init; }

    /// <summary>The last error of the receiver, with its number; <see langword="null"/> for none.</summary>
    public string? ReceiverError { get; init; }

    /// <summary>The number of <see cref="ReceiverError"/>; 0 for none.</summary>
    internal long ReceiverErrorNumber { get; init; }

    /// <summary>The last error of the applier, with its number; <see langword="null"/> for none.</summary>
    public string? ApplierError { get; init; }

    /// <summary>Whether it finds its place by GTID.</summary>
    public required bool AutoPosition { get; init; }

    /// <summary>What it has received: MySQL <c>Retrieved_Gtid_Set</c>, MariaDB <c>Gtid_IO_Pos</c>.</summary>
    [Measurement]
    public string Received { get; init; } = "";

    /// <summary>The server's own estimate, in seconds; <see langword="null"/> when it has none. Only counts what was received.</summary>
    [Measurement]
    public double? SecondsBehind { get; init; }

    /// <summary>
    /// The age of the transaction being applied, in seconds since its commit at the source; <see langword="null"/> when none is, or not
    /// known.
    /// </summary>
    [Measurement]
    public double? ApplyingAgeSeconds { get; init; }

    /// <summary>The delay it is told to keep, in seconds.</summary>
    public long DelaySeconds { get; init; }

    /// <summary>Whether it uses TLS.</summary>
    public required bool Tls { get; init; }

    /// <summary>Whether it verifies the source's certificate.</summary>
    public bool TlsVerified { get; init; }

    /// <summary>Filters, as the server states them; empty for none.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>What of its status is not understood, and so may mean anything; empty for nothing.</summary>
    public IReadOnlyList<string> NotUnderstood { get; init; } = [];

    /// <summary>Whether both threads run.</summary>
    public bool Replicates => Receiver == ReplicationThread.Running && Applier == ReplicationThread.Running;
}
