namespace Foobar.Ops.Database;

/// <summary>A <c>server_id</c> or <c>server_uuid</c> that more than one member has.</summary>
/// <param name="Id">Which: <c>server_id 1</c>.</param>
/// <param name="Members">The members that have it.</param>
internal sealed record SharedId(string Id, IReadOnlyList<string> Members)
{
    /// <summary>Those of members that could be asked.</summary>
    public static IReadOnlyList<SharedId> Of(ReplicationTopology topology) =>
    [
        .. topology.Members.SelectMany(member => topology.Facts(member.Name)?.Identity.Value is { } identity
                ? new[]
                {
                    (Member: member.Name, Id: $"server_id {identity.ServerId}"),
                    (Member: member.Name, Id: identity.ServerUuid is { } uuid ? $"server_uuid {uuid}" : $"server_id {identity.ServerId}"),
                }
                : [])
            .Distinct().GroupBy(pair => pair.Id, pair => pair.Member).Where(group => group.Count() > 1).Select(
                group => new SharedId(group.Key, [.. group])),
    ];
}
