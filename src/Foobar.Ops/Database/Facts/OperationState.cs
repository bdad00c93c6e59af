namespace Foobar.Ops.Database;

/// <summary>How far an operation came, in the words of its marker.</summary>
public static class OperationState
{
    /// <summary>Begun; of a switchover: the application may not write on the new primary yet.</summary>
    public const string Running = "running";

    /// <summary>The application writes on the new primary; there are steps left.</summary>
    public const string Switched = "switched";

    /// <summary>All is done.</summary>
    public const string Completed = "completed";

    /// <summary>Writes were moved; something is left to repair.</summary>
    public const string Degraded = "degraded";

    /// <summary>Writes are where they were.</summary>
    public const string Undone = "undone";

    /// <summary>A repair brought redundancy back.</summary>
    public const string Repaired = "repaired";

    /// <summary>Another operation took its place, or somebody gave it up by hand.</summary>
    public const string Abandoned = "abandoned";
}
