using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What an earlier failover left behind: a journal on this machine, a marker on the databases.</summary>
/// <param name="store">Where journals are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class EarlierFailover(OperationStore store, TimeProvider time)
{
    /// <summary>The kind under which the journals of switchovers and failovers are kept.</summary>
    public const string Kind = "failover";

    /// <summary>The step of a failover that lets writes through to the candidate, after which nothing is undone.</summary>
    public const string Opening = "open-endpoint";

    private const string Code = "OperationUnfinished";

    private const string Advice = "End it with Resume-FoobarFailover.";

    /// <summary>The newest on this machine that was not ended, or <see langword="null"/>.</summary>
    public (string Path, JournalState State)? Unfinished => store.FindUnfinished(Kind);

    /// <summary>What the members' markers say, of each member that answers and has one.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ParseException">A marker is not understood.</exception>
    public static async Task<(IReadOnlyList<OperationMark> Markers, IReadOnlyList<string> Silent)> MarkersAsync(
        ISiteSession site, CancellationToken cancellationToken)
    {
        Server[] members = site.Site.Policy.Database is { } policy ? [.. site.Site.WithRole(policy.Members)] : [];
        object?[] found = await Task.WhenAll(members.Select(member => MarkerAsync(site, member, cancellationToken)));
        return ([.. found.OfType<OperationMark>()], [.. found.OfType<string>()]);
    }

    /// <summary>The marker of the operation that was left unfinished, on whatever machine.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>.</exception>
    public static async Task<OperationMark> FindLostAsync(ISiteSession site, CancellationToken cancellationToken)
    {
        (IReadOnlyList<OperationMark> markers, IReadOnlyList<string> silent) = await MarkersAsync(site, cancellationToken);
        return Newest(markers) is { IsUnfinished: true } lost
            ? lost
            : throw new FoobarException(
                "NothingToResume", ErrorKind.NotFound,
                $"No member of {site.Site.Name} that answers tells of an unfinished failover. {string.Join(" ", silent)}".TrimEnd())
            {
                Recommendation =
                    "Look at Get-FoobarReplication. An emergency failover that was lost before the application could write again left no "
                        + "marker: begin another one with -Emergency.",
            };
    }

    /// <summary>The same, once nobody else can work on it any more: it may have gone on until a moment ago.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>: it has ended.</exception>
    public static async Task<OperationMark> StillLostAsync(
        OperationMark lost, IEnumerable<DatabaseMember> members, CancellationToken cancellationToken)
    {
        List<OperationMark> markers = [];
        foreach (DatabaseMember member in members)
        {
            markers.AddRange(await member.Marks.ReadAsync(cancellationToken) is { } marker ? [marker] : []);
        }

        return Newest(markers) is { IsUnfinished: true } last && last.Id == lost.Id
            ? last
            : throw new FoobarException(
                "NothingToResume", ErrorKind.NotFound,
                $"The operation has ended meanwhile: {Newest(markers)?.ToString() ?? "there is no marker of it any more"}.")
                {
                    Recommendation = "Look at Get-FoobarReplication.",
                };
    }

    /// <summary>
    /// Whether a guard's failover that was left half done may be begun anew, as another machine would that knows nothing of it:
    /// writes were not let through to the candidate.
    /// </summary>
    public static bool MayBeDoneAnew(JournalState left) =>
        OperationKeys.IsAutomaticFailover(left.Parameters) && !left.Begun.Contains(Opening) && !left.Done.Contains(Opening);

    /// <summary>Refuses to begin another operation before it is ended.</summary>
    /// <param name="lost">A member that is known to be dead: a switchover can't be ended without it, and is closed instead.</param>
    /// <param name="automatic">Whether a guard begins it: it closes and does anew what a guard left before writes were let through.</param>
    /// <exception cref="FoobarException"><c>OperationUnfinished</c>.</exception>
    public void RefuseUnfinished(string? lost = null, bool automatic = false)
    {
        if (Unfinished is { } unfinished)
        {
            if (IsClosedBy(unfinished.State, lost, automatic))
            {
                Close(unfinished.Path);
                return;
            }

            throw new FoobarException(
                "OperationUnfinished", ErrorKind.Refused, $"{Told(unfinished)}.") { Recommendation = Advice };
        }
    }

    /// <summary>The same for a preview, which changes nothing: what stands in the way; empty for nothing.</summary>
    /// <param name="lost">A member that is known to be dead.</param>
    /// <param name="automatic">Whether a guard would begin it.</param>
    public IReadOnlyList<FailoverBlocker> Blockers(string? lost = null, bool automatic = false) =>
        Unfinished is { } unfinished && !IsClosedBy(unfinished.State, lost, automatic)
            ? [new() { Code = Code, Message = Told(unfinished), Remediation = Advice }]
            : [];

    /// <summary>What a resume on this machine would end.</summary>
    /// <param name="site">The site's name.</param>
    /// <exception cref="FoobarException"><c>NothingToResume</c>.</exception>
    public (string Path, JournalState State) Left(string site) => Unfinished
        ?? throw new FoobarException(
            "NothingToResume", ErrorKind.NotFound,
            $"No failover of {site} was left unfinished on this machine.")
            {
                Recommendation =
                    "If Get-FoobarReplication or a refused failover tells of one all the same, another machine or user began it: "
                        + "Resume-FoobarFailover there, or Resume-FoobarFailover -TakeOver here if that machine is lost.",
            };

    /// <summary>What was left, in one line: <c>a failover from web-01 to web-02 that began at ...</c>.</summary>
    public static string Describe(JournalState left) =>
        $"failover from {left.Parameters.GetValueOrDefault(OperationKeys.Old)} to {left.Parameters.GetValueOrDefault(OperationKeys.New)} "
            + $"that began at {left.Since:u}";

    private static string Told((string Path, JournalState State) left) => $"A {Describe(left.State)} was not ended ({left.Path})";

    private static bool IsClosedBy(JournalState left, string? lost, bool automatic) =>
        lost is not null && (!OperationKeys.IsFailover(left.Parameters) || (automatic && MayBeDoneAnew(left)))
            && (left.Parameters.GetValueOrDefault(OperationKeys.Old) == lost
                || left.Parameters.GetValueOrDefault(OperationKeys.New) == lost);

    /// <summary>Refuses to end one by its journal that was ended otherwise: what the journal says of the members is no longer so.</summary>
    /// <param name="members">The members that take part.</param>
    /// <param name="path">The journal; it is closed.</param>
    /// <param name="ids">The ids under which its marker may stand; also that of whoever began it, who may have ended it all the
    /// same.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationSuperseded</c>: the message says by whom.</exception>
    public async Task RefuseSupersededAsync(
        IEnumerable<DatabaseMember> members, string path, OperationIds ids, CancellationToken cancellationToken)
    {
        foreach (DatabaseMember member in members)
        {
            OperationMark? marker = await member.Marks.ReadAsync(cancellationToken);
            bool isOwn = marker is not null && ids.Own.Contains(marker.Id);
            if (marker is not null
                && (isOwn
                    ? marker.State == OperationState.Abandoned || (marker.Id != ids.Id && !marker.IsUnfinished)
                    : marker.Id != ids.Before))
            {
                Close(path);
                throw new FoobarException(
                    "OperationSuperseded", ErrorKind.Refused,
                    $"{member.Name}: what this machine left unfinished was ended otherwise meanwhile: {marker}. Nothing was changed, and "
                        + $"its journal is closed ({path}).")
                {
                    Server = member.Name,
                    Recommendation = "Look at Get-FoobarReplication. There is nothing left to resume here.",
                };
            }
        }
    }

    // The marker, or why there is no answer.
    private static async Task<object?> MarkerAsync(ISiteSession site, Server member, CancellationToken cancellationToken)
    {
        try
        {
            await using IDatabaseSession database = await site.OpenDatabaseAsync(member.Name, cancellationToken);
            return await DatabaseMember.Of(database).Marks.ReadAsync(cancellationToken);
        }
        catch (FoobarException error) when (error is not ParseException)
        {
            return error.Message;
        }
    }

    // A member that lags tells of an earlier operation, or of this one as it was before.
    private static OperationMark? Newest(IEnumerable<OperationMark> markers) => markers
        .OrderByDescending(marker => marker.Since)
        .ThenBy(marker => marker.IsUnfinished)
        .ThenByDescending(marker => marker.State == OperationState.Switched)
        .FirstOrDefault();

    private void Close(string path)
    {
        using FileJournal journal = store.OpenJournal(path);
        journal.Append([new() { Time = time.GetUtcNow(), Event = JournalEvent.End, Name = "end", Text = "Superseded" }]);
    }
}
