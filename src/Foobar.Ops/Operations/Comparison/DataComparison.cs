using System.Diagnostics;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>
/// Compares what the tables of replicas hold with the primary's. GTIDs say which transactions a member has logged, not what
/// its rows are: a row that was changed with <c>sql_log_bin=0</c>, a filter, a trigger under statement-based replication or a
/// crash without <c>sync_binlog</c> leaves the sets equal and the data apart. Nothing is written on any member.
/// </summary>
/// <param name="session">The site's connections.</param>
/// <param name="options">How to compare.</param>
/// <param name="store">Where it keeps how far it has come.</param>
public sealed class DataComparison(ISiteSession session, ComparisonOptions options, OperationStore store)
{
    private static readonly TimeSpan BetweenRecords = TimeSpan.FromSeconds(5);

    /// <summary>What is done now, for people who wait.</summary>
    public Action<string> Doing { get; init; } = static _ => { };

    /// <summary>What runs where, and why it waits.</summary>
    public Action<string> Tell { get; init; } = static _ => { };

    /// <summary>A member that could not be read; the others are compared all the same.</summary>
    public Action<FoobarException> Failed { get; init; } = static _ => { };

    /// <summary>Compares, and hands each table over when it is finished: one result a replica.</summary>
    /// <exception cref="FoobarException">
    /// <c>NoDatabase</c>; <c>ComparisonNeedsPrimary</c>: there is no member, or more than one, that takes writes and is no replica;
    /// <c>ComparisonNeedsReplica</c>: none of the members asked for replicates from it; <c>ComparisonHeldUp</c>; the primary could
    /// not be read.
    /// </exception>
    public async Task RunAsync(Action<TableComparison> found, CancellationToken cancellationToken)
    {
        Doing("reading who replicates from whom");
        ReplicationTopology topology = ReplicationTopology.Of(await ReplicationSurvey.CollectAsync(session, cancellationToken, Failed));
        string primary = PrimaryOf(topology);
        await using ComparedMember source = await ComparedMember.OpenAsync(session, primary, cancellationToken);
        List<ComparedMember> replicas = [];
        try
        {
            foreach (string name in ReplicasOf(topology, primary))
            {
                try
                {
                    replicas.Add(await ComparedMember.OpenAsync(session, name, cancellationToken));
                }
                catch (FoobarException error)
                {
                    Failed(error);
                }
            }

            if (replicas.Count > 0)
            {
                await CompareAsync(source, replicas, found, cancellationToken);
            }
        }
        finally
        {
            foreach (ComparedMember replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    private static string PrimaryOf(ReplicationTopology topology)
    {
        string[] primaries =
        [
            .. topology.Members.Select(static member => member.Name).Where(name => topology.RoleOf(name) is MemberRole.Primary),
        ];
        return primaries.Length == 1 ? primaries[0] : throw new FoobarException(
            "ComparisonNeedsPrimary", ErrorKind.Refused,
            primaries.Length == 0
                ? "No member takes writes without being a replica, so there is nothing to compare replicas with."
                : $"More than one member takes writes: {string.Join(", ", primaries)}.")
        {
            Recommendation = "See with Get-FoobarReplication and Test-FoobarReplication which member is the primary.",
        };
    }

    private string[] ReplicasOf(ReplicationTopology topology, string primary)
    {
        string[] following = [.. topology.Members.Select(static member => member.Name).Where(name => LeadsTo(topology, name, primary))];
        string[] wanted = options.Replicas.Count == 0
            ? following
            : [.. following.Intersect(options.Replicas, StringComparer.OrdinalIgnoreCase)];
        return wanted.Length > 0
            ? wanted
            : throw new FoobarException(
                "ComparisonNeedsReplica", ErrorKind.Refused, $"None of the members asked for replicates from {primary}.")
        {
            Recommendation = "See with Get-FoobarReplication who replicates from whom.",
        };
    }

    // Directly or by way of others.
    private static bool LeadsTo(ReplicationTopology topology, string member, string primary)
    {
        HashSet<string> seen = [];
        Stack<string> pending = new([member]);
        while (pending.TryPop(out string? name))
        {
            foreach (string source in topology.Links.Where(link => link.Replica == name)
                .Select(static link => link.Source)
                .OfType<string>()
                .Where(seen.Add))
            {
                pending.Push(source);
            }
        }

        return member != primary && seen.Contains(primary);
    }

    private async Task CompareAsync(
        ComparedMember source, List<ComparedMember> replicas, Action<TableComparison> found, CancellationToken cancellationToken)
    {
        IReadOnlyList<ComparedTable> there = await source.TablesAsync(cancellationToken);
        ComparedTable[] tables = [.. there.Where(table => options.Tables(table.FullName))];
        Dictionary<string, Dictionary<string, ComparedTable>> theirs = [];
        foreach (ComparedMember replica in replicas)
        {
            foreach (ComparedTable table in await replica.TablesAsync(cancellationToken))
            {
                theirs.TryAdd(table.FullName, []);
                theirs[table.FullName][replica.Name] = table;
            }
        }

        ComparisonRecord record = Begin(source, replicas, await IdentitiesAsync([source, .. replicas], cancellationToken)) with
        {
            TablesThere = there.Count,
        };
        TableComparer comparer = new(source, replicas, options, new LoadGate(source, options, Tell));
        for (int number = 0; number < tables.Length; number++)
        {
            ComparedTable table = tables[number];
            TableComparison[] known = [.. record.Tables.Where(result => result.Table == table.FullName)];
            if (known.Length == 0)
            {
                Doing($"{table.FullName}, table {number + 1} of {tables.Length}");
                Tell(
                    $"{source.Name}, {string.Join(", ", replicas.Select(static replica => replica.Name))}: compare {table.FullName}, about "
                        + $"{table.Rows} rows{(table.Index is null ? "" : $" by index {table.Index}")}");
                long kept = Stopwatch.GetTimestamp();
                IReadOnlyList<TableComparison> results = await comparer.CompareAsync(
                    table, theirs.GetValueOrDefault(table.FullName) ?? [], record.Point?.Table == table.FullName ? record.Point : null,
                    point =>
                    {
                        if (Stopwatch.GetElapsedTime(kept) > BetweenRecords)
                        {
                            Keep(record with { Point = point });
                            kept = Stopwatch.GetTimestamp();
                            Doing(
                                FormattableString.Invariant(
                                    $"{table.FullName}, table {number + 1} of {tables.Length}, {point.Looks.Max(static look => look.Rows)} of about {table.Rows} rows"));
                        }
                    },
                    cancellationToken);
                known = [.. results];
                record = record with { Tables = [.. record.Tables, .. results], Point = null };
                Keep(record);
            }

            foreach (TableComparison result in known)
            {
                found(result);
            }
        }

        foreach (TableComparison extra in OnlyThere(source, replicas, theirs, tables))
        {
            record = record with { Tables = [.. record.Tables, extra] };
            found(extra);
        }

        Keep(record with { Ended = DateTimeOffset.UtcNow });
    }

    // A table that only a replica has is no less a difference.
    private IEnumerable<TableComparison> OnlyThere(
        ComparedMember source,
        List<ComparedMember> replicas,
        Dictionary<string, Dictionary<string, ComparedTable>> theirs,
        ComparedTable[] tables) =>
        from name in theirs.Keys.Where(options.Tables).Except(tables.Select(static table => table.FullName)).Order(StringComparer.Ordinal)
        from replica in replicas
        where theirs[name].ContainsKey(replica.Name)
        select new TableComparison
        {
            Server = replica.Name,
            Source = source.Name,
            Table = name,
            Status = ComparisonStatus.Differs,
            Reason = $"{source.Name} has no such table, or its login may not read it",
            Time = DateTimeOffset.UtcNow,
        };

    private static async Task<IReadOnlyDictionary<string, string>> IdentitiesAsync(
        IReadOnlyList<ComparedMember> members, CancellationToken cancellationToken)
    {
        Dictionary<string, string> identities = [];
        foreach (ComparedMember member in members)
        {
            identities[member.Name] = await member.IdentityAsync(cancellationToken);
        }

        return identities;
    }

    private ComparisonRecord Begin(ComparedMember source, List<ComparedMember> replicas, IReadOnlyDictionary<string, string> identities)
    {
        string[] names = [.. replicas.Select(static replica => replica.Name)];
        ComparisonRecord? last = options.Resume ? ComparisonRecord.Load(store) : null;
        if (last?.Unfinished() is { } rest && rest.Source == source.Name && rest.Replicas.SequenceEqual(names)
            && identities.All(member => rest.IsOf(member.Key, member.Value)))
        {
            Tell($"goes on with the comparison of {rest.Began:u}: {rest.Tables.Count / Math.Max(names.Length, 1)} tables are finished");
            return rest;
        }

        if (options.Resume)
        {
            Tell("there is no comparison of these members to go on with; begins a new one");
        }

        return new ComparisonRecord { Source = source.Name, Replicas = names, Identities = identities, Began = DateTimeOffset.UtcNow };
    }

    private void Keep(ComparisonRecord record)
    {
        try
        {
            record.Keep(store);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Tell($"how far it has come can't be kept on this machine, so that it could not go on later: {error.Message}");
        }
    }
}
