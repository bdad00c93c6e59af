using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>What was decided to do on a cluster: enough to build its plan again after a kill, from its journal or its marker.</summary>
internal sealed record ClusterParameters
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>The id under which another operator began it; <see langword="null"/> if it was begun here.</summary>
    public string? TakenOverFrom { get; init; }

    /// <summary>The id that the marker held before; empty for none.</summary>
    public string Before { get; init; } = "";

    /// <summary>The ids under which its marker may stand.</summary>
    public OperationIds Ids => new(Id, TakenOverFrom, Before);

    /// <summary>The members whose locks are held; the one that takes writes at the end is the last.</summary>
    public IReadOnlyList<string> Members =>
        [.. ((string[])(OldIsIn ? [Old, Writer] : [Writer])).Distinct().Where(name => name != New), New];

    /// <summary>What kind of cluster.</summary>
    public required ClusterKind Kind { get; init; }

    /// <summary>The member to which writes are led before.</summary>
    public required string Old { get; init; }

    /// <summary>The member to which they shall be led.</summary>
    public required string New { get; init; }

    /// <summary>The member on which the marker is written: the group's primary before, else one that takes writes.</summary>
    public required string Writer { get; init; }

    /// <summary>Whether the old member is in the cluster's majority.</summary>
    public required bool OldIsIn { get; init; }

    /// <summary>Whether the group shall elect the candidate; not so in Galera, or where it is the primary already.</summary>
    public required bool Elects { get; init; }

    /// <summary>The candidate's UUID, and that of the group's primary before; <see langword="null"/> in Galera.</summary>
    public Guid? NewUuid { get; init; }

    /// <inheritdoc cref="NewUuid"/>
    public Guid? WriterUuid { get; init; }

    /// <summary>Of a preflight that names all of them.</summary>
    /// <param name="id">The operation's id.</param>
    /// <param name="preflight">What was judged.</param>
    public static ClusterParameters Of(string id, ClusterPreflight preflight) => new()
    {
        Id = id,
        Kind = preflight.Kind,
        Old = preflight.Old!,
        New = preflight.New!,
        Writer = preflight.Writer!,
        OldIsIn = preflight.OldIsIn,
        Elects = preflight.Elects,
        NewUuid = preflight.NewUuid,
        WriterUuid = preflight.WriterUuid,
    };

    /// <summary>For the journal and the marker.</summary>
    public IReadOnlyDictionary<string, string> ToParameters() => new Dictionary<string, string>(OperationKeys.Write(Ids))
    {
        [OperationKeys.Mode] = OperationKeys.Cluster,
        ["kind"] = $"{Kind}",
        [OperationKeys.Old] = Old,
        [OperationKeys.New] = New,
        ["writer"] = Writer,
        ["oldIsIn"] = $"{OldIsIn}",
        ["elects"] = $"{Elects}",
        ["newUuid"] = $"{NewUuid}",
        ["writerUuid"] = $"{WriterUuid}",
    };

    /// <summary>From a journal or a marker.</summary>
    /// <exception cref="FoobarException"><c>OutputNotUnderstood</c>: a parameter is missing or not understood.</exception>
    public static ClusterParameters Of(IReadOnlyDictionary<string, string> parameters, string source = "the journal")
    {
        OperationIds ids = OperationKeys.ReadIds(parameters, source);
        return new()
        {
            Id = ids.Id,
            TakenOverFrom = ids.TakenOverFrom,
            Before = ids.Before,
            Kind = Enum.TryParse(Require("kind"), out ClusterKind kind) ? kind : throw Wrong("kind"),
            Old = Require(OperationKeys.Old),
            New = Require(OperationKeys.New),
            Writer = Require("writer"),
            OldIsIn = bool.TryParse(Require("oldIsIn"), out bool isIn) ? isIn : throw Wrong("oldIsIn"),
            Elects = bool.TryParse(Require("elects"), out bool elects) ? elects : throw Wrong("elects"),
            NewUuid = Uuid("newUuid"),
            WriterUuid = Uuid("writerUuid"),
        };

        string Require(string name) => OperationKeys.Require(parameters, name, source);
        Guid? Uuid(string name) => Guid.TryParse(parameters.GetValueOrDefault(name), out Guid uuid) ? uuid : null;
        ParseException Wrong(string name) =>
            new(null, source, 1, $"expected the parameter '{name}', found '{parameters.GetValueOrDefault(name)}'.");
    }
}
