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
    }

    /// <summary>The members, in the order of the inventory.</summary>
    public IReadOnlyList<Server> Members { get; }

    /// <summary>Who replicates from whom.</summary>
    public IReadOnlyList<ReplicationLink> Links { get; }

    /// <summary>The members that take writes.</summary>
    public IEnumerable<Server> Writers => Members.Where(member => Facts(member.Name) is { Guard.Value.TakesWrites: true } facts && facts.Cluster.Value?.AcceptsWrites != false);

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
        if (Facts(member) is not { } facts || !facts.Guard.TryGet(out WriteGuard? guard) || !facts.Channels.TryGet(out IReadOnlyList<ReplicationChannel>? channels))
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

    /// <summary>Whether a reader of a member's binary log is another member, by its address or its host name.</summary>
    public bool Declares(Server member, ConnectedReplica reader)
    {
        string label = IPAddress.TryParse(reader.Host, out IPAddress? address) ? reader.Host : reader.Host.Split('.')[0];
        return Members.Any(other => other != member && (address is null
            ? string.Equals(label, other.Name, StringComparison.OrdinalIgnoreCase) || string.Equals(label, Facts(other.Name)?.Identity.Value?.HostName.Split('.')[0], StringComparison.OrdinalIgnoreCase)
            : other.Addresses.Contains(address)));
    }

    private IEnumerable<ReplicationLink> LinksOf(Server replica)
    {
        foreach (ReplicationChannel channel in Facts(replica.Name)?.Channels.Value ?? [])
        {
            string? source = Members.FirstOrDefault(member => member != replica && IsSource(member, channel))?.Name;
            GtidFacts? own = Facts(replica.Name)?.Gtid.Value;
            GtidFacts? theirs = source is null ? null : Facts(source)?.Gtid.Value;
            ReplicationLink link = new() { Replica = replica.Name, Source = source, Channel = channel };
            yield return own is null || theirs is null ? link : Measure(link, own, theirs);
        }
    }

    private ReplicationLink Measure(ReplicationLink link, GtidFacts replica, GtidFacts source)
    {
        DatabaseFlavor flavor = Facts(link.Replica)?.Identity.Value?.Flavor ?? DatabaseFlavor.MySql;
        try
        {
            // Of each pair the older look is at what should be behind.
            double backlog = GtidComparison.Backlog(flavor, source.Executed, replica.Reached);
            return link with
            {
                BacklogTransactions = backlog,
                Errant = Errant(flavor, replica, source, Facts(link.Source!)?.Identity.Value),
                LagSeconds = Lag(link.Channel, backlog, source.TransactionsPerSecond ?? 0),
            };
        }
        catch (FormatException)
        {
            return link;
        }
    }

    private static string? Errant(DatabaseFlavor flavor, GtidFacts replica, GtidFacts source, DatabaseIdentity? identity)
    {
        string errant = GtidComparison.Errant(flavor, replica.Executed, source.ExecutedLater ?? source.Executed);
        bool comparable = replica.ReadAt is null || source.AskedLaterAt is null || source.AskedLaterAt >= replica.ReadAt;

        // Looked at too early, the source may have committed since what the replica shows: its own numbers then say nothing.
        return comparable || identity is null ? errant : GtidComparison.WithoutOwn(flavor, errant, identity);
    }

    /// <summary>
    /// The oldest thing known to be missing decides: the age of what is being applied, the server's own estimate, and the
    /// backlog divided by the rate at which the source commits (which also sees what was never received).
    /// </summary>
    private static double? Lag(ReplicationChannel channel, double backlog, double rate)
    {
        if (backlog <= rate * ReadingsApartSeconds)
        {
            return 0;
        }

        double byRate = rate > 0 ? backlog / rate : 0;
        double known = Math.Max(byRate, Math.Max(channel.ApplyingAgeSeconds ?? 0, channel.SecondsBehind ?? 0));
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
