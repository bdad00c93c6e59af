using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>All that one database member says of itself and of its replication.</summary>
public sealed record ReplicationFacts
{
    /// <summary>Why the database did not answer, though its server did; <see langword="null"/> if it answered.</summary>
    public string? Refusal { get; init; }

    /// <summary>Whether it answered that the login was refused: the database runs, and nobody could look.</summary>
    public bool IsLoginRefused { get; init; }

    /// <summary>Who it is.</summary>
    public required Reading<DatabaseIdentity> Identity { get; init; }

    /// <summary>Whether it takes writes, now and after a restart.</summary>
    public required Reading<WriteGuard> Guard { get; init; }

    /// <summary>Which transactions it holds.</summary>
    public required Reading<GtidFacts> Gtid { get; init; }

    /// <summary>How it logs what it commits, and how safely.</summary>
    public required Reading<BinlogFacts> Binlog { get; init; }

    /// <summary>Where it replicates from; empty for a server that replicates from none.</summary>
    public required Reading<IReadOnlyList<ReplicationChannel>> Channels { get; init; }

    /// <summary>How it applies what it receives.</summary>
    public required Reading<ApplyFacts> Apply { get; init; }

    /// <summary>Semi-synchronous replication on it.</summary>
    public required Reading<SemiSyncFacts> SemiSync { get; init; }

    /// <summary>The transactions open on it, longest first.</summary>
    public required Reading<IReadOnlyList<OpenTransaction>> Transactions { get; init; }

    /// <summary>The accounts that may read its binary log.</summary>
    public required Reading<IReadOnlyList<ReplicationAccount>> Accounts { get; init; }

    /// <summary>The accounts that <c>read_only</c> does not bind.</summary>
    public required Reading<IReadOnlyList<PrivilegedAccount>> Privileged { get; init; }

    /// <summary>The accounts without a name or a password.</summary>
    public Reading<IReadOnlyList<OpenAccount>> OpenAccounts { get; init; } = NotRead<IReadOnlyList<OpenAccount>>();

    /// <summary>Tables that replication handles badly.</summary>
    public required Reading<TableFacts> Tables { get; init; }

    /// <summary>The file systems under it.</summary>
    public required Reading<DatabaseStorage> Storage { get; init; }

    /// <summary>The multi-primary cluster it is a member of.</summary>
    public required Reading<ClusterFacts> Cluster { get; init; }

    /// <summary>The operation that moves writes or was left in the middle of it; empty for none.</summary>
    public required Reading<IReadOnlyList<OperationMark>> Unfinished { get; init; }

    /// <summary>
    /// The last operation that moved writes or brought a member back, whatever became of it; empty if there never was one.
    /// </summary>
    public Reading<IReadOnlyList<OperationMark>> LastOperation { get; init; } = NotRead<IReadOnlyList<OperationMark>>();

    /// <summary>The filters that keep databases out of its binary log, as the server states them; empty for none.</summary>
    public Reading<IReadOnlyList<string>> LogFilters { get; init; } = NotRead<IReadOnlyList<string>>();

    /// <summary>Sessions that keep what they write out of the log now; empty for none, and on MariaDB, which does not tell.</summary>
    public Reading<IReadOnlyList<string>> Unlogged { get; init; } = NotRead<IReadOnlyList<string>>();

    /// <summary>Its scheduled events.</summary>
    public Reading<EventFacts> Events { get; init; } = NotRead<EventFacts>();

    /// <summary>
    /// Variables that touch logging, replication, durability or writability, and are not known or set to what is not modelled; empty for
    /// none.
    /// </summary>
    public Reading<IReadOnlyList<string>> UnknownSettings { get; init; } = NotRead<IReadOnlyList<string>>();

    /// <summary>What replication should keep the same on every member.</summary>
    public Reading<IReadOnlyList<ServerObject>> Objects { get; init; } = NotRead<IReadOnlyList<ServerObject>>();

    /// <summary>What its tables consist of, by aspect; only of those that the login may see.</summary>
    public Reading<IReadOnlyList<TableDefinition>> Definitions { get; init; } = NotRead<IReadOnlyList<TableDefinition>>();

    /// <summary>The names of the accounts that are connected as clients now.</summary>
    public Reading<IReadOnlyList<string>> Clients { get; init; } = NotRead<IReadOnlyList<string>>();

    /// <summary>Who reads its binary log now.</summary>
    public Reading<IReadOnlyList<ConnectedReplica>> Readers { get; init; } = NotRead<IReadOnlyList<ConnectedReplica>>();

    private static Reading<T> NotRead<T>() => Findings.Reading.Unreadable<T>("it was not read");

    /// <summary>The same reason for every fact of a member that could not be asked.</summary>
    public static ReplicationFacts Unreadable(string reason, string source) => new()
    {
        Refusal = reason,
        Identity = Findings.Reading.Unreadable<DatabaseIdentity>(reason, source),
        Guard = Findings.Reading.Unreadable<WriteGuard>(reason, source),
        Gtid = Findings.Reading.Unreadable<GtidFacts>(reason, source),
        Binlog = Findings.Reading.Unreadable<BinlogFacts>(reason, source),
        Channels = Findings.Reading.Unreadable<IReadOnlyList<ReplicationChannel>>(reason, source),
        Apply = Findings.Reading.Unreadable<ApplyFacts>(reason, source),
        SemiSync = Findings.Reading.Unreadable<SemiSyncFacts>(reason, source),
        Transactions = Findings.Reading.Unreadable<IReadOnlyList<OpenTransaction>>(reason, source),
        Accounts = Findings.Reading.Unreadable<IReadOnlyList<ReplicationAccount>>(reason, source),
        Privileged = Findings.Reading.Unreadable<IReadOnlyList<PrivilegedAccount>>(reason, source),
        OpenAccounts = Findings.Reading.Unreadable<IReadOnlyList<OpenAccount>>(reason, source),
        Tables = Findings.Reading.Unreadable<TableFacts>(reason, source),
        Storage = Findings.Reading.Unreadable<DatabaseStorage>(reason, source),
        Cluster = Findings.Reading.Unreadable<ClusterFacts>(reason, source),
        Unfinished = Findings.Reading.Unreadable<IReadOnlyList<OperationMark>>(reason, source),
        LastOperation = Findings.Reading.Unreadable<IReadOnlyList<OperationMark>>(reason, source),
        LogFilters = Findings.Reading.Unreadable<IReadOnlyList<string>>(reason, source),
        Unlogged = Findings.Reading.Unreadable<IReadOnlyList<string>>(reason, source),
        Events = Findings.Reading.Unreadable<EventFacts>(reason, source),
        UnknownSettings = Findings.Reading.Unreadable<IReadOnlyList<string>>(reason, source),
        Objects = Findings.Reading.Unreadable<IReadOnlyList<ServerObject>>(reason, source),
        Definitions = Findings.Reading.Unreadable<IReadOnlyList<TableDefinition>>(reason, source),
        Clients = Findings.Reading.Unreadable<IReadOnlyList<string>>(reason, source),
        Readers = Findings.Reading.Unreadable<IReadOnlyList<ConnectedReplica>>(reason, source),
    };
}
