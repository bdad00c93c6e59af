using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication;

/// <summary>The names under which every operation's parameters stand in its journal and its marker, and how they are read.</summary>
internal static class OperationKeys
{
    /// <summary>The operation's id.</summary>
    public const string Id = "id";

    /// <summary>The id under which another operator began it; empty for none.</summary>
    public const string TakenOverFrom = "takenOverFrom";

    /// <summary>The id that the marker held before; empty for none.</summary>
    public const string Before = "before";

    /// <summary>The old primary.</summary>
    public const string Old = "old";

    /// <summary>The candidate.</summary>
    public const string New = "new";

    /// <summary>The other replicas, with commas between.</summary>
    public const string Others = "others";

    /// <summary>The replicas that keep a source which follows the new primary, or is it, with commas between.</summary>
    public const string Kept = "kept";

    /// <summary>What kind of move it is; a switchover has none.</summary>
    public const string Mode = "mode";

    /// <summary>The <see cref="Mode"/> of a failover.</summary>
    public const string Emergency = "emergency";

    /// <summary>The <see cref="Mode"/> of a move on a cluster.</summary>
    public const string Cluster = "cluster";

    /// <summary>Whether no person began it: <c>yes</c> or <c>no</c>.</summary>
    public const string Automatic = "automatic";

    // Versions before the rooms were named after switchover, failover and rejoin wrote this.
    private const string OlderTakenOverFrom = "former";

    /// <summary>Whether parameters are those of a failover, else of a switchover.</summary>
    public static bool IsFailover(IReadOnlyDictionary<string, string> parameters) => parameters.GetValueOrDefault(Mode) == Emergency;

    /// <summary>Whether parameters are those of a move on a cluster.</summary>
    public static bool IsCluster(IReadOnlyDictionary<string, string> parameters) => parameters.GetValueOrDefault(Mode) == Cluster;

    /// <summary>Whether parameters are those of a failover that no person began.</summary>
    public static bool IsAutomaticFailover(IReadOnlyDictionary<string, string> parameters) =>
        parameters.GetValueOrDefault(Automatic) == "yes" && IsFailover(parameters);

    /// <summary>The ids that parameters name.</summary>
    /// <exception cref="ParseException">There is none.</exception>
    public static OperationIds ReadIds(IReadOnlyDictionary<string, string> parameters, string source) => new(
        Require(parameters, Id, source),
        Optional(parameters, TakenOverFrom) ?? Optional(parameters, OlderTakenOverFrom),
        parameters.GetValueOrDefault(Before) ?? "");

    /// <summary>Writes ids.</summary>
    public static Dictionary<string, string> Write(OperationIds ids) => new()
    {
        [Id] = ids.Id,
        [TakenOverFrom] = ids.TakenOverFrom ?? "",
        [Before] = ids.Before,
    };

    /// <summary>A parameter that must be there.</summary>
    /// <exception cref="ParseException">It is missing.</exception>
    public static string Require(IReadOnlyDictionary<string, string> parameters, string name, string source) =>
        parameters.GetValueOrDefault(name) ?? throw new ParseException(null, source, 1, $"expected the parameter '{name}'.");

    /// <summary>A parameter that may be missing or empty.</summary>
    public static string? Optional(IReadOnlyDictionary<string, string> parameters, string name) =>
        parameters.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>Names with commas between; none if it is missing.</summary>
    public static IReadOnlyList<string> Names(IReadOnlyDictionary<string, string> parameters, string name) =>
        (parameters.GetValueOrDefault(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
}
