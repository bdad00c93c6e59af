using System.Net;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Database;

/// <summary>Who replicates from whom: the facts of all members joined.</summary>
public sealed class ReplicationTopology
{
    // Two members are read a moment apart; a backlog no larger than what is committed in that moment is none.
    private const double ReadingsApartSeconds = 0.25;

    private readonly SiteCase<ReplicationFacts> _case;

    private ReplicationTopology(SiteCase<ReplicationFacts> facts)
    {
        _case = facts;
        Members = [.. facts.Site.Policy.Database is { } policy ? facts.Site.WithRole(policy.Members) : []];
        Links = [.. Members.SelectMany(LinksOf)];
        Links = [.. Links.Select(link => link.Source is { } source ? Measure(link, source, [link.Channel]) : link)];
    }

    /// <summary>The members, in the order of the inventory.</summary>
    public IReadOnlyList<Server> Members { get; }

    /// <summary>Who replicates from whom.</summary>
    public IReadOnlyList<ReplicationLink> Links { get; }

    /// <summary>The members that take writes.</summary>
    public IEnumerable<Server> Writers =>
        Members.Where(
            member => Facts(member.Name) is { Guard.Value.TakesWrites: true } facts && facts.Cluster.Value?.AcceptsWrites != false);

    /// <summary>Joins facts.</summary>
    public static ReplicationTopology Of(SiteCase<ReplicationFacts> facts) => new(facts);

    /// <summary>What was read of a member; <see langword="null"/> if nothing could be.</summary>
    public ReplicationFacts? Facts(string member) => _case.Facts.GetValueOrDefault(member)?.Value;

    /// <summary>Why nothing could be read of a member, or why its database did not answer; <see langword="null"/> if it did.</summary>
    public string? Failure(string member) => _case.Facts.TryGetValue(member, out Reading<ReplicationFacts>? reading)
        ? reading.Failure ?? reading.Value?.Refusal
        : "its facts were not collected";

    /// <summary>What a member is.</summary>
    public MemberRole RoleOf(string member)
    {
        if (Facts(member) is not { } facts
            || !facts.Guard.TryGet(out WriteGuard? guard)
            || !facts.Channels.TryGet(out IReadOnlyList<ReplicationChannel>? channels))
        {
            return MemberRole.Unknown;
        }

        return (facts.Cluster.Value?.Kind ?? ClusterKind.None, channels.Count > 0, guard.TakesWrites) switch
        {
            (not ClusterKind.None, _, _) => MemberRole.ClusterMember,
            (_, true, true) => MemberRole.WritableReplica,
            (_, true, false) => MemberRole.Replica,
            (_, false, true) => MemberRole.Primary,
            _ => MemberRole.Fenced,
        };
    }

    /// <summary>
    /// The links from a replica up to a member, its own first: one where it replicates from that member itself, more where it does
    /// by way of others (a chain); none if it does not, or if a member between them could not be asked.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="source">The member above it.</param>
    public IReadOnlyList<ReplicationLink> Path(string replica, string source)
    {
        Queue<IReadOnlyList<ReplicationLink>> pending = new([[]]);
        HashSet<string> seen = [replica];
        while (pending.TryDequeue(out IReadOnlyList<ReplicationLink>? path))
        {
            string at = path.Count == 0 ? replica : path[^1].Source!;
            foreach (ReplicationLink link in Links.Where(link => link.Replica == at && link.Source is not null))
            {
                if (link.Source == source && source != replica)
                {
                    return [.. path, link];
                }

                if (seen.Add(link.Source!))
                {
                    pending.Enqueue([.. path, link]);
                }
            }
        }

        return [];
    }

    /// <summary>
    /// The members that a replica replicates from, itself or by way of others, as far as they could be asked; the nearest first.
    /// </summary>
    /// <param name="replica">The replica.</param>
    public IReadOnlyList<string> Above(string replica)
    {
        List<string> above = [];
        Queue<string> pending = new([replica]);
        while (pending.TryDequeue(out string? at))
        {
            foreach (string source in Links.Where(link => link.Replica == at)
                .Select(static link => link.Source)
                .OfType<string>()
                .Where(source => source != replica && !above.Contains(source)))
            {
                above.Add(source);
                pending.Enqueue(source);
            }
        }

        return above;
    }

    /// <summary>
    /// The primary that a replica's transactions come from, itself or by way of others; <see langword="null"/> if that can't be told.
    /// </summary>
    /// <param name="replica">The replica.</param>
    public string? PrimaryOf(string replica) => Above(replica).FirstOrDefault(name => RoleOf(name) == MemberRole.Primary);

    /// <summary>
    /// How a replica stands to a member above it, which need not be its own source: its own channel, and what it lacks of that
    /// member. <see langword="null"/> if it does not replicate from it, itself or by way of others.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="source">The member above it.</param>
    public ReplicationLink? LinkTo(string replica, string source)
    {
        IReadOnlyList<ReplicationLink> path = Path(replica, source);
        if (path.Count <= 1)
        {
            return path.Count == 0 ? null : path[0];
        }

        return Measure(
            new() { Replica = replica, Source = source, Channel = path[0].Channel }, source, [.. path.Select(static each => each.Channel)]);
    }

    /// <summary>Whether a reader of a member's binary log is another member, by its address or its host name.</summary>
    public bool Declares(Server member, ConnectedReplica reader)
    {
        string label = IPAddress.TryParse(reader.Host, out IPAddress? address) ? reader.Host : reader.Host.Split('.')[0];
        return Members.Any(other => other != member && (address is null
            ? string.Equals(label, other.Name, StringComparison.OrdinalIgnoreCase)
                || string.Equals(label, Facts(other.Name)?.Identity.Value?.HostName.Split('.')[0], StringComparison.OrdinalIgnoreCase)
            : other.Addresses.Contains(address)));
    }

    private IEnumerable<ReplicationLink> LinksOf(Server replica)
    {
        foreach (ReplicationChannel channel in Facts(replica.Name)?.Channels.Value ?? [])
        {
            string? source = Members.FirstOrDefault(member => member != replica && IsSource(member, channel))?.Name;
            yield return new() { Replica = replica.Name, Source = source, Channel = channel };
        }
    }

    private ReplicationLink Measure(ReplicationLink link, string from, IReadOnlyList<ReplicationChannel> channels)
    {
        if (Facts(link.Replica)?.Gtid.Value is not { } replica || Facts(from)?.Gtid.Value is not { } source)
        {
            return link;
        }

        DatabaseFlavor flavor = Facts(link.Replica)?.Identity.Value?.Flavor ?? DatabaseFlavor.MySql;
        try
        {
            // Of each pair the older look is at what should be behind.
            double backlog = GtidComparison.Backlog(flavor, source.Executed, replica.Reached);
            return link with
            {
                BacklogTransactions = backlog,
                Errant = Errant(flavor, link.Replica, replica, source),
                LagSeconds = Lag(channels, backlog, source.TransactionsPerSecond ?? 0),
            };
        }
        catch (FormatException)
        {
            return link;
        }
    }

    private string? Errant(DatabaseFlavor flavor, string name, GtidFacts replica, GtidFacts source)
    {
        string errant = GtidComparison.Errant(flavor, replica.Executed, source.ExecutedLater ?? source.Executed);
        bool comparable = replica.ReadAt is null || source.AskedLaterAt is null || source.AskedLaterAt >= replica.ReadAt;

        // Looked at too early, the source may have got since what the replica shows: the numbers of those above it, one of
        // which is the primary, then say nothing.
        return comparable ? errant : Above(name).Select(above => Facts(above)?.Identity.Value).OfType<DatabaseIdentity>()
            .Aggregate(errant, (left, identity) => GtidComparison.WithoutOwn(flavor, left, identity));
    }

    /// <summary>
    /// The oldest thing known to be missing decides: the age of what is being applied, the servers' own estimates, and the
    /// backlog divided by the rate at which the source commits (which also sees what was never received).
    /// </summary>
    private static double? Lag(IReadOnlyList<ReplicationChannel> channels, double backlog, double rate)
    {
        if (backlog <= rate * ReadingsApartSeconds)
        {
            return 0;
        }

        double byRate = rate > 0 ? backlog / rate : 0;
        double known = Math.Max(
            byRate, channels.Max(static channel => Math.Max(channel.ApplyingAgeSeconds ?? 0, channel.SecondsBehind ?? 0)));
        return known > 0 ? known : null;
    }

    private bool IsSource(Server member, ReplicationChannel channel)
    {
        if (channel.SourceUuid is { } uuid && Facts(member.Name)?.Identity.Value?.ServerUuid is { } own)
        {
            return uuid == own;
        }

        return string.Equals(member.Name, channel.SourceHost, StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(channel.SourceHost, out IPAddress? address) && member.Addresses.Contains(address))
            || string.Equals(Facts(member.Name)?.Identity.Value?.HostName, channel.SourceHost, StringComparison.OrdinalIgnoreCase);
    }
}
