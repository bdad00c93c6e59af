using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>Makes a <see cref="ReplicationAnalysis"/>. Changes nothing.</summary>
/// <param name="site">The site's connections.</param>
/// <param name="options">What is asked for.</param>
/// <param name="store">Where earlier surveys keep what they saw of the primary.</param>
/// <param name="time">The clock.</param>
internal sealed class ReplicationAnalyst(ISiteSession site, FailoverOptions options, OperationStore store, TimeProvider time)
{
    /// <summary>How long the other members are waited for once a replica has answered.</summary>
    private static readonly TimeSpan Others = TimeSpan.FromSeconds(0.7);

    /// <summary>How long the primary's machine has to answer, logging in included.</summary>
    private static readonly TimeSpan MachineLimit = TimeSpan.FromSeconds(4);

    /// <summary>How much longer it has where nothing can be done without it.</summary>
    private static readonly TimeSpan LateLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SalvageLimit = TimeSpan.FromSeconds(20);

    private readonly List<FailoverBlocker> _blockers = [];

    /// <summary>Looks and judges.</summary>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: it can't even be told who the primary was; <c>NoDatabase</c>.</exception>
    public async Task<ReplicationAnalysis> AnalyseAsync(CancellationToken cancellationToken)
    {
        DatabasePolicy policy = site.Site.Policy.Database
            ?? throw new FoobarException(
                "NoDatabase", ErrorKind.InvalidInput, $"The inventory of {site.Site.Name} declares no database.")
                {
                    Recommendation = "Declare policy.database, and give its servers the role that policy.database.members names.",
                };
        Server[] members = [.. site.Site.WithRole(policy.Members)];

        // Logging in costs more than all that follows: every connection is begun at once.
        _ = EndpointGroup.Servers(site.Site).Select(server => Ignored(site.GetServerAsync(server, cancellationToken))).ToArray();
        Dictionary<string, Task<MachineReport?>> machines = members.ToDictionary(
            member => member.Name, member => MachineReport.AskAsync(site, member.Name, MachineLimit, cancellationToken));
        Dictionary<string, MachineLogin> logins = members.ToDictionary(
            member => member.Name, member => new MachineLogin(site.GetServerAsync(member.Name, cancellationToken), site.Time));
        _ = logins.Values.Select(login => Ignored(login.Session)).ToArray();
        LostPrimary lost = await PrimaryAsync(members, cancellationToken);
        (Server primary, IReadOnlyList<string> replicas) = (lost.Server, lost.Replicas);
        Task<SiteCase<ReplicationFacts>> reading = FactsAsync(members, primary, cancellationToken);
        string likely = replicas.FirstOrDefault(name => string.Equals(name, options.To, StringComparison.OrdinalIgnoreCase)) ?? replicas[0];
        FailoverConnections live = await FailoverConnections.OpenAsync(site, primary.Name, likely, cancellationToken);
        try
        {
            string looks = lost.Own.Contains(likely) ? likely : lost.Own is [{ } own, ..] ? own : likely;
            FailureDetector detector = new(
                site, primary, site.Site.Find(looks)!, lost.Own.Contains(looks) ? lost.Host : null, live.Endpoint, machines[primary.Name],
                logins[primary.Name]);
            Task<PrimaryVerdict> looking = detector.LookAsync(cancellationToken);
            SiteCase<ReplicationFacts> facts = await reading;
            ReplicationTopology topology = ReplicationTopology.Of(facts);

            // Members that answered too late to tell who the primary was may hold more than the others.
            replicas = lost.Own.Union(FailoverPreflight.Replicas(topology, primary.Name)).ToArray() is { Length: > 0 } known
                ? known
                : replicas;
            CandidateChoice choice = FailoverPreflight.Choose(topology, policy, replicas, options.To, _blockers) ?? new(replicas[0], null);
            string candidate = choice.Name;
            if (candidate != likely)
            {
                PrimaryVerdict verdict = await looking;
                await live.DisposeAsync();
                live = await FailoverConnections.OpenAsync(site, primary.Name, candidate, cancellationToken);
                looking = Task.FromResult(verdict);
            }

            ReplicationAnalysis analysis = await JudgeAsync(facts, live, detector, looking, cancellationToken);
            return analysis with
            {
                Choice = choice.Reason,
                Warnings = lost.Unsure is not { } unsure
                    ? analysis.Warnings
                    : [
                        .. analysis.Warnings,
                        new()
                        {
                            Code = "PrimaryUnclear",
                            Server = primary.Name,
                            Message = unsure,
                            Remediation = "See that none of them takes writes before you go on.",
                        },
                    ],
            };
        }
        catch
        {
            await live.DisposeAsync();
            throw;
        }
    }

    private async Task<ReplicationAnalysis> JudgeAsync(
        SiteCase<ReplicationFacts> facts,
        FailoverConnections live,
        FailureDetector detector,
        Task<PrimaryVerdict> looking,
        CancellationToken cancellationToken)
    {
        ReplicationFacts? own = facts.Facts[live.Candidate.Name].Value;
        CandidateLink link = own is { Refusal: null }
            ? await CandidateLinkReader.ReadAsync(live.Candidate.Member, own, cancellationToken)
            : new() { Received = "" };
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        IReadOnlyList<string> others = FailoverPreflight.Others(topology, live.OldName, live.Candidate.Name);
        bool direct = own?.Channels.Value is [{ } channelOf]
            && SourceOf([.. topology.Members], site.Site.Find(live.Candidate.Name)!, channelOf)?.Name == live.OldName;
        string[] answering = [.. others.Where(name => topology.Failure(name) is null)];
        string[] givers = [.. answering.Where(name => FailoverPreflight.Lacks(topology, live.Candidate.Name, name) > 0)];
        if (givers.Length > 0)
        {
            // It takes that before it is promoted.
            string all = string.Join(
                ',',
                givers.Select(name => FailoverPreflight.Held(topology.Facts(name)!)).Prepend(link.Received).Where(text => text.Length > 0));
            link = link with { Received = GtidComparison.Normalise(live.Candidate.Member.Flavor, all) };
        }

        // By way of another it knows that one's files, and has heard of that one only.
        string? file = direct ? await CandidateLinkReader.SourceFileAsync(live.Candidate.Member, cancellationToken) : null;
        link = direct ? link : link with { LastHeard = null };
        OperationMark? marker = await MarkAsync(live.Candidate.Member, cancellationToken);

        // What only its log holds is read while the others still look; reading harms nobody if it lives after all.
        Task<(BinlogDump? Dump, string? Unread)> dumping = DumpAsync(live, link, file, detector.Machine, cancellationToken);
        PrimaryVerdict verdict = await looking;
        SourceEvidence? evidence = SourceEvidence.Load(store, live.OldName);
        string? doubt = SourceEvidence.Doubt(evidence, facts, live.Candidate.Name, link.SemiSyncActive, time.GetUtcNow());
        if (verdict is { Dead: true, Machine: null } && doubt is not null && !options.AcceptDataLoss
            && await MachineReport.AskAsync(site, live.OldName, LateLimit, cancellationToken) is { } late)
        {
            // Without its machine's answer nothing could be done anyway, so that a slow one was waited for.
            verdict = await detector.With(late).LookAsync(cancellationToken);
            dumping = DumpAsync(live, link, file, Task.FromResult<MachineReport?>(late), cancellationToken);
        }

        IReadOnlyList<string> held = await live.Candidate.Member.GlobalLocksAsync(backups: false, cancellationToken);
        IReadOnlyList<string>? open = await live.Endpoint.FirstMembersAsync(cancellationToken);
        (BinlogDump? dump, string? unread) = verdict is { Dead: true, Machine: not null } ? await dumping : (null, null);
        LossEstimate loss = verdict.Dead
            ? LossEstimate.Of(live.Candidate.Member.Flavor, dump, unread, link with { Others = answering }, doubt) with
            {
                AtRisk = dump is null ? evidence?.AtRisk(live.Candidate.Member.Flavor, link.Received, time.GetUtcNow()) : 0,
            }
            : new()
            {
                Bound = LossBound.Nothing,
                Reason = "Nothing is moved while the primary lives.",
                LastReceivedGtids = link.Received,
                LastHeard = link.LastHeard,
            };
        return new()
        {
            Primary = live.OldName,
            Candidate = live.Candidate.Name,
            Verdict = verdict,
            Loss = loss,
            Blockers =
            [
                .. _blockers,
                .. FailoverPreflight.Judge(
                    facts, live.Candidate.Name, verdict, loss, options.AcceptDataLoss || loss.AtRisk <= options.MaximumLoss, open),
                .. FailoverPreflight.JudgeLocks(live.Candidate.Name, held),
            ],
            Events = EventForecast.Of(evidence, own?.Events.Value),
            Others = others,
            Kept = FailoverPreflight.Kept(topology, live.OldName, live.Candidate.Name),
            Answering = answering,
            Givers = givers,
            Warnings =
            [
                .. await EndpointSurvey.WarnAsync(live.Endpoint, live.OldName, cancellationToken),
                .. FailoverPreflight.JudgeUnique(topology, live.Candidate.Name, inStep: false),
                .. FailoverPreflight.JudgeOthers(topology, live.OldName, live.Candidate.Name),
            ],
            Source = own?.Channels.Value is [{ } channel] ? (channel.SourceHost, channel.SourcePort) : null,
            Flavor = live.Candidate.Member.Flavor,
            SourceFile = file,
            Marker = marker,
            IsReplica = own?.Channels.Value is { Count: > 0 },
            Live = live,
        };
    }

    private async Task<(BinlogDump? Dump, string? Unread)> DumpAsync(
        FailoverConnections live, CandidateLink link, string? file, Task<MachineReport?> machine, CancellationToken cancellationToken)
    {
        if (await machine is null)
        {
            return (null, null);
        }

        try
        {
            return (await BinlogReader.ReadAsync(
                await site.GetServerAsync(live.OldName, cancellationToken),
                live.Candidate.Member.Flavor, link.Received, file, SalvageLimit, cancellationToken), null);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return (null, error.Message);
        }
    }

    // It is of use, and no reason to leave the site without a primary.
    private static async Task<OperationMark?> MarkAsync(DatabaseMember candidate, CancellationToken cancellationToken)
    {
        try
        {
            return await candidate.Marks.ReadAsync(cancellationToken);
        }
        catch (Exception error) when (error is DatabaseException { Kind: not ErrorKind.Connection } or ParseException)
        {
            return null;
        }
    }

    // Who replicates is asked first, and mostly alone tells who the primary was.
    private async Task<LostPrimary> PrimaryAsync(Server[] members, CancellationToken cancellationToken)
    {
        List<Task<(Server Member, IReadOnlyList<ReplicationChannel> Channels)>> asking =
        [
            .. members.Select(member => ChannelsAsync(member, cancellationToken)),
        ];
        List<SourceLink> links = [];
        List<string> silent = [];
        long found = 0;
        while (asking.Count > 0 && (found == 0 || site.Time.GetElapsedTime(found) < Others))
        {
            Task next = await Task.WhenAny(
                asking.Cast<Task>().Append(
                    found == 0
                        ? site.Time.PauseAsync(Timeout.InfiniteTimeSpan, cancellationToken)
                        : site.Time.PauseAsync(Others, cancellationToken)));
            if (next is not Task<(Server Member, IReadOnlyList<ReplicationChannel> Channels)> answered)
            {
                break;
            }

            asking.Remove(answered);
            try
            {
                (Server member, IReadOnlyList<ReplicationChannel> channels) = await answered;
                links.AddRange(
                    channels.Select(channel => (Source: SourceOf(members, member, channel), channel.SourceHost))
                        .Where(link => link.Source is not null)
                        .Select(link => new SourceLink(member, link.Source!, link.SourceHost)));
                found = links.Count > 0 && found == 0 ? site.Time.GetTimestamp() : found;
                if (links.Count == members.Length - 1)
                {
                    break;
                }
            }
            catch (FoobarException error)
            {
                silent.Add(error.Message);
            }
        }

        if (links.Count == 0)
        {
            throw new FoobarException(
                "FailoverRefused", ErrorKind.Refused,
                $"The failover was refused, and nothing was changed: no member that answers replicates from another, so nobody can take the primary's place. {string.Join(" ", silent)}"
                    .TrimEnd())
                {
                    Recommendation = "Look at Get-FoobarReplication, and bring a replica back first.",
                };
        }

        // Of a chain, its head.
        SourceLink[] heads = [.. links.Where(link => links.All(other => other.Replica != link.Source))];
        Server head = (heads.Length > 0 ? heads : [.. links]).GroupBy(link => link.Source).OrderByDescending(
            group => group.Count()).First().Key;
        Server[] aside = [.. members.Where(member => member != head && links.All(link => link.Replica != member))];
        (Server primary, string? unsure) = aside.Length == 0
            ? (head, null)
            : await HeadOrAsideAsync(head, aside, links[0].Replica.Name, cancellationToken);
        SourceLink[] own = [.. links.Where(link => link.Source == primary)];
        return new(
            primary, own.FirstOrDefault()?.Host ?? primary.Name, [.. own.Select(link => link.Replica.Name)],
            [.. own.Concat(links).Select(link => link.Replica.Name).Distinct()],
            unsure);
    }

    // A member of which it is not known that it replicates may be the primary, and the head of those that answer a replica of it
    // that died too. Where the application writes tells; else what the last operation left, or what was seen of the primary.
    private async Task<(Server Primary, string? Unsure)> HeadOrAsideAsync(
        Server head, Server[] aside, string replica, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? open = await OpenMembersAsync(cancellationToken);
        if (open is [{ } only]
            && aside.Append(head).FirstOrDefault(member => string.Equals(member.Name, only, StringComparison.OrdinalIgnoreCase)) is { } led)
        {
            return (led, null);
        }

        string? moved = await LastPrimaryAsync(replica, cancellationToken);
        Server likely = aside.Append(head).FirstOrDefault(member => string.Equals(member.Name, moved, StringComparison.OrdinalIgnoreCase))
            ?? aside.FirstOrDefault(member => SourceEvidence.Load(store, member.Name) is not null) ?? head;
        return (
            likely,
            $"was taken for the primary; that {string.Join(" and ", aside.Append(head).Select(member => member.Name))} are not known to be "
                + "replicas leaves it open which of them was");
    }

    private async Task<string?> LastPrimaryAsync(string replica, CancellationToken cancellationToken)
    {
        try
        {
            await using IDatabaseSession database = await site.OpenDatabaseAsync(replica, cancellationToken);
            return await MarkAsync(DatabaseMember.Of(database), cancellationToken) switch
            {
                { State: OperationState.Completed or OperationState.Degraded or OperationState.Repaired or OperationState.Switched } mark =>
                    mark.NewPrimary,
                { State: OperationState.Undone } mark => mark.OldPrimary,
                _ => null,
            };
        }
        catch (FoobarException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<string>?> OpenMembersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using ConnectionSet open = new(site);
#pragma warning disable CA2000 // The set owns it.
            return await (await open.EndpointAsync(cancellationToken, Others)).FirstMembersAsync(cancellationToken);
#pragma warning restore CA2000
        }
        catch (FoobarException)
        {
            return null;
        }
    }

    private async Task<(Server Member, IReadOnlyList<ReplicationChannel> Channels)> ChannelsAsync(
        Server member, CancellationToken cancellationToken)
    {
        await using IDatabaseSession database = await site.OpenDatabaseAsync(member.Name, cancellationToken);
        return (member, await DatabaseMember.Of(database).ChannelsAsync(cancellationToken));
    }

    private static Server? SourceOf(Server[] members, Server replica, ReplicationChannel channel) =>
        members.FirstOrDefault(
            member =>
                member != replica
                    && (string.Equals(member.Name, channel.SourceHost, StringComparison.OrdinalIgnoreCase)
                        || member.Addresses.Any(address => address.ToString() == channel.SourceHost)))
        ?? (members.Length == 2 ? members.First(member => member != replica) : null);

    private async Task<SiteCase<ReplicationFacts>> FactsAsync(Server[] members, Server primary, CancellationToken cancellationToken)
    {
        Dictionary<string, Reading<ReplicationFacts>> facts = new()
        {
            [primary.Name] = Reading.Unreadable<ReplicationFacts>("it is being judged from outside"),
        };
        List<(string Name, Task<ReplicationFacts> Reading)> readings =
        [
            .. members.Where(member => member != primary)
                .Select(member => (member.Name, new ReplicationCollector().CollectAsync(site, member, cancellationToken))),
        ];
        foreach ((string name, Task<ReplicationFacts> reading) in readings)
        {
            try
            {
                facts[name] = Reading.Of(await reading.WaitAsync(TimeSpan.FromSeconds(10), site.Time, cancellationToken));
            }
            catch (Exception error) when (error is FoobarException or TimeoutException)
            {
                facts[name] = Reading.Unreadable<ReplicationFacts>(error.Message);
            }
        }

        return new(site.Site, facts, site.Time.GetUtcNow());
    }

    /// <summary>The primary that fell silent, as those that answer tell.</summary>
    /// <param name="Server">The primary.</param>
    /// <param name="Host">Under which name its own replicas know it.</param>
    /// <param name="Own">Those that replicate from it themselves.</param>
    /// <param name="Replicas">They, and those that replicate by way of others.</param>
    /// <param name="Unsure">Why another member may have been the primary; <see langword="null"/> if none may.</param>
    private sealed record LostPrimary(
        Server Server, string Host, IReadOnlyList<string> Own, IReadOnlyList<string> Replicas, string? Unsure);

    /// <summary>That a member that answered replicates from another one.</summary>
    private sealed record SourceLink(Server Replica, Server Source, string Host);

    private static async Task Ignored(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Whoever needs it is told then.
        }
    }
}
