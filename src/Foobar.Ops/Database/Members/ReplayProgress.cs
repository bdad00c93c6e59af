using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using static System.FormattableString;

namespace Foobar.Ops.Database;

/// <summary>How far a replica has applied what it received.</summary>
internal sealed class ReplayProgress
{
    private readonly IReadOnlyList<DatabaseRow> _rows;

    private ReplayProgress(IReadOnlyList<DatabaseRow> rows) => _rows = rows;

    /// <summary>Its channel; of several, the first.</summary>
    /// <exception cref="ParseException">A column is not understood.</exception>
    public ReplicationChannel Channel => ChannelParser.Parse(_rows, [], "replication status")[0];

    /// <summary>Its positions in its source's log and its own relay log, in one line: it stands still where this does not change.</summary>
    public string Position =>
        Invariant($"{SourceLog}:{Read} {Text("Relay_Log_File", "Relay_Log_File")}:{Text("Relay_Log_Pos", "Relay_Log_Pos")} {Applied}");

    /// <summary>Whether it has applied its source's log up to where it has read it.</summary>
    public bool HasAppliedAll => SourceLog + Read == SourceFile + Applied;

    /// <summary>Whether its applier says that it has read all of its relay log, whose last transaction may be there in part only.</summary>
    public bool HasReadAll =>
        Text("Replica_SQL_Running_State", "Slave_SQL_Running_State").Contains("has read all relay log", StringComparison.OrdinalIgnoreCase);

    /// <summary>The log of its source at whose contents it was applying last; empty if it does not know.</summary>
    public string SourceFile => Text("Relay_Source_Log_File", "Relay_Master_Log_File");

    /// <summary>Whether it replicates from one source only.</summary>
    public bool HasOneSource => _rows.Count == 1;

    private string SourceLog => Text("Source_Log_File", "Master_Log_File");

    private string Read => Text("Read_Source_Log_Pos", "Read_Master_Log_Pos");

    private string Applied => Text("Exec_Source_Log_Pos", "Exec_Master_Log_Pos");

    /// <summary>
    /// From the rows of <c>SHOW REPLICA STATUS</c> (MySQL) or <c>SHOW ALL SLAVES STATUS</c> (MariaDB); <see langword="null"/> for none.
    /// </summary>
    public static ReplayProgress? From(IReadOnlyList<DatabaseRow> rows) => rows.Count == 0 ? null : new(rows);

    private string Text(string name, string older) => _rows[0].Text(name) ?? _rows[0].Text(older) ?? "";
}
