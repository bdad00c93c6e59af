using System.Text.Json.Serialization;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>What came of trying saved transactions on a copy of the primary.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ErrantTrial>))]
public enum ErrantTrial : long
{
    /// <summary>There was nothing to try, or no copy was made.</summary>
    None,

    /// <summary>The copy took all their rows; they were taken back again.</summary>
    Loads,

    /// <summary>The copy refused one of them: the primary holds something that contradicts it.</summary>
    Refused,

    /// <summary>They hold what can't be tried without being kept.</summary>
    NotTried,
}

/// <summary>The transactions that only a returning member held.</summary>
internal sealed record ErrantTransactions
{
    /// <summary>None.</summary>
    public static ErrantTransactions None { get; } = new();

    /// <summary>Their GTIDs; before they were saved, on MariaDB the last of each server.</summary>
    public string Gtids { get; init; } = "";

    /// <summary>How many these are; 0 before they were saved.</summary>
    public int Count { get; init; }

    /// <summary>The file with them; <see langword="null"/> for none.</summary>
    public string? File { get; init; }

    /// <summary>What the file holds; <see langword="null"/> for no file.</summary>
    public ErrantSql? Sql { get; init; }

    /// <summary>What came of trying them.</summary>
    public ErrantTrial Trial { get; init; }

    /// <summary>Why so, in one sentence; empty for nothing to say.</summary>
    public string TrialReason { get; init; } = "";
}
