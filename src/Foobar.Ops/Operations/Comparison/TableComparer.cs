using System.Diagnostics;
using System.Security.Cryptography;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>
/// Compares one table of the primary with that of each replica, chunk by chunk. The primary's chunk is read first, then its
/// position; the replica is read when it has come as far. Equal digests are equal rows. Where they differ, rows may have
/// changed meanwhile: those that differ are read again on the primary, on the replica and on the primary once more, until
/// they agree, or until they differ twice though the primary's did not change between. So nothing is locked, and no
/// transaction is kept open for long, which would keep old row versions alive.
/// </summary>
internal sealed class TableComparer(
    IComparedMember primary, IReadOnlyList<IComparedMember> replicas, ComparisonOptions options, LoadGate gate)
{
    // What is looked at row by row.
    private const int PieceRows = 1000;
    private const int MostPieceRows = 20_000;
    private const int Batch = 200;
    private const int Attempts = 20;

    // A share of chunks is told apart by this much.
    private const int Parts = 1_000_000;

    // What locks the whole table while it reads it does so for no longer than this.
    private static readonly TimeSpan LockingChunk = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    // Digests of different kinds can't be compared: the one of the oldest version is taken.
    private readonly DigestFunctions _functions = replicas.Select(static replica => replica.Functions).Append(primary.Functions).Max();

    /// <summary>
    /// The time between two looks at the same rows. A transaction's rows are seen a moment before its GTID is in
    /// <c>gtid_executed</c>: of two looks this far apart one is after that.
    /// </summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Compares.</summary>
    /// <param name="table">The primary's table.</param>
    /// <param name="theirs">The replicas' tables of that name; a replica that has none is left out.</param>
    /// <param name="start">Where to go on; <see langword="null"/> to begin.</param>
    /// <param name="reached">Told after each chunk how far it has come.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">The primary could not be read.</exception>
    public async Task<IReadOnlyList<TableComparison>> CompareAsync(
        ComparedTable table,
        IReadOnlyDictionary<string, ComparedTable> theirs,
        ComparisonPoint? start,
        Action<ComparisonPoint> reached,
        CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        ComparisonPoint point = start
            ?? new()
            {
                Table = table.FullName,
                Looks = [.. replicas.Select(replica => Begin(table, theirs.GetValueOrDefault(replica.Name), replica))],
            };
        string position = "";
        if (point.Looks.Exists(static look => look.IsOpen))
        {
            position = table.Key.Count == 0
                ? await WholeAsync(table, point, cancellationToken)
                : await ChunksAsync(table, point, reached, cancellationToken);
        }

        return
        [
            .. point.Looks.Select(
                look => look.Result(primary.Name, table, point.Chunks, position, DateTimeOffset.UtcNow, Stopwatch.GetElapsedTime(began))),
        ];
    }

    private ReplicaLook Begin(ComparedTable table, ComparedTable? theirs, IComparedMember replica) => new()
    {
        Server = replica.Name,
        Reason = table.Trouble(primary.Flavor)
            ?? (theirs is null ? $"{replica.Name} has no such table, or its login may not read it" : table.Differs(theirs)),
        DiffersAsWhole = table.Trouble(primary.Flavor) is null && (theirs is null || table.Differs(theirs) is not null),
        Definition = theirs is null ? null : table.DiffersByDefinition(theirs),
    };

    private async Task<string> ChunksAsync(
        ComparedTable table, ComparisonPoint point, Action<ComparisonPoint> reached, CancellationToken cancellationToken)
    {
        ChunkSize size = new(table.ReadsFreely || options.ChunkTime < LockingChunk ? options.ChunkTime : LockingChunk);
        string position = "";
        bool goesOn = true;
        while (goesOn && point.Looks.Exists(static look => look.IsOpen))
        {
            await gate.WaitAsync(cancellationToken);
            KeyRange rest = new(table.Key, point.After);
            KeyRange range = rest with { UpTo = await primary.BoundaryAsync(table, rest, size.Rows, cancellationToken) };

            // At least one chunk is compared of each table: what was not looked at must not pass for equal.
            bool isNeeded = range.UpTo is null && !point.Looks.Exists(static look => look.Compared > 0);
            if (isNeeded || RandomNumberGenerator.GetInt32(Parts) < options.SamplePercent * Parts / 100)
            {
                long asked = Stopwatch.GetTimestamp();
                ChunkSum sum = await primary.SumAsync(table, _functions, range, cancellationToken);
                size.Took(sum.Rows, Stopwatch.GetElapsedTime(asked));
                position = await primary.PositionAsync(cancellationToken);
                await CompareAsync(table, range, sum, position, point, cancellationToken);
            }

            goesOn = range.UpTo is not null;
            point.Chunks++;
            point.After = range.UpTo ?? point.After;
            reached(point);
        }

        return position;
    }

    private async Task CompareAsync(
        ComparedTable table, KeyRange range, ChunkSum sum, string position, ComparisonPoint point, CancellationToken cancellationToken)
    {
        (IComparedMember Replica, ReplicaLook Look)[] open = [.. replicas.Zip(point.Looks).Where(static pair => pair.Second.IsOpen)];
        ChunkSum?[] theirs = await Task.WhenAll(open.Select(each => OnAsync(each.Look, async () =>
        {
            await CatchUpAsync(each.Replica, position, cancellationToken);
            return await each.Replica.SumAsync(table, _functions, range, cancellationToken);
        })));
        foreach (((IComparedMember replica, ReplicaLook look), ChunkSum? their) in open.Zip(theirs))
        {
            if (their is null)
            {
                continue;
            }

            if (!sum.IsWhole || !their.IsWhole)
            {
                look.Reason = $"a row of {range} does not fit into max_allowed_packet";
                continue;
            }

            look.Compared++;
            look.Rows += sum.Rows;
            if (!sum.Agrees(their))
            {
                await OnAsync(look, async () =>
                {
                    await LookCloserAsync(table, range, replica, look, cancellationToken);
                    return look;
                });
            }

            if (look.DifferenceCount >= ReplicaLook.MostDifferences)
            {
                look.Reason = $"more than {ReplicaLook.MostDifferences} rows differ; the rest was not compared";
            }
        }
    }

    // What is told of a replica ends its comparison, and that of no other.
    private async Task<T?> OnAsync<T>(ReplicaLook look, Func<Task<T>> work)
        where T : class
    {
        try
        {
            return await work();
        }
        catch (FoobarException error) when (error.Server != primary.Name)
        {
            look.Reason = error.Message;
            return null;
        }
    }

    private async Task CatchUpAsync(IComparedMember replica, string position, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await replica.WaitForAsync(position, Wait, cancellationToken))
        {
            if (Stopwatch.GetElapsedTime(began) > options.Patience)
            {
                throw new FoobarException(
                    "ReplicaTooFarBehind", ErrorKind.Timeout,
                    FormattableString.Invariant(
                        $"{replica.Name}: it did not come as far as {primary.Name} within {options.Patience.TotalSeconds:0} s."))
                {
                    Server = replica.Name,
                    Recommendation = "See with Get-FoobarReplication whether it replicates; go on with -Resume when it has caught up.",
                };
            }
        }
    }

    private async Task LookCloserAsync(
        ComparedTable table, KeyRange range, IComparedMember replica, ReplicaLook look, CancellationToken cancellationToken)
    {
        KeyRange piece = range;
        do
        {
            piece = range with { After = piece == range ? range.After : piece.UpTo };
            IReadOnlyList<string>? last = await primary.BoundaryAsync(table, piece, PieceRows, cancellationToken);
            piece = piece with { UpTo = last ?? range.UpTo };
            await LookAtAsync(table, piece, replica, look, cancellationToken);
            if (last is null)
            {
                return;
            }
        }
        while (look.DifferenceCount < ReplicaLook.MostDifferences);
    }

    private async Task LookAtAsync(
        ComparedTable table, KeyRange piece, IComparedMember replica, ReplicaLook look, CancellationToken cancellationToken)
    {
        ChunkSum sum = await primary.SumAsync(table, _functions, piece, cancellationToken);
        await CatchUpAsync(replica, await primary.PositionAsync(cancellationToken), cancellationToken);
        ChunkSum their = await replica.SumAsync(table, _functions, piece, cancellationToken);
        if (sum.Agrees(their))
        {
            return;
        }

        if (their.Rows > MostPieceRows)
        {
            look.Found(piece, their.Rows - sum.Rows, options.MostKeys);
            return;
        }

        IReadOnlyDictionary<RowKey, string?> mine = await primary.RowsAsync(table, _functions, piece, cancellationToken);
        await CatchUpAsync(replica, await primary.PositionAsync(cancellationToken), cancellationToken);
        IReadOnlyDictionary<RowKey, string?> theirs = await replica.RowsAsync(table, _functions, piece, cancellationToken);
        RowKey[] differing = [.. mine.Keys.Union(theirs.Keys).Where(key => mine.GetValueOrDefault(key) != theirs.GetValueOrDefault(key))];
        look.Found(piece, await ConfirmAsync(table, differing, replica, look, cancellationToken), options.MostKeys);
    }

    // A row differs if it does twice while it is the same on the primary before and after.
    private async Task<List<RowDifference>> ConfirmAsync(
        ComparedTable table, RowKey[] keys, IComparedMember replica, ReplicaLook look, CancellationToken cancellationToken)
    {
        List<RowDifference> confirmed = [];
        HashSet<RowKey> seen = [];
        for (int attempt = 0; attempt < Attempts && keys.Length > 0; attempt++)
        {
            List<RowKey> pending = [];
            foreach (RowKey[] batch in keys.Chunk(Batch))
            {
                IReadOnlyDictionary<RowKey, string?> before = await primary.RowsAsync(table, _functions, batch, cancellationToken);
                await CatchUpAsync(replica, await primary.PositionAsync(cancellationToken), cancellationToken);
                IReadOnlyDictionary<RowKey, string?> theirs = await replica.RowsAsync(table, _functions, batch, cancellationToken);
                IReadOnlyDictionary<RowKey, string?> after = await primary.RowsAsync(table, _functions, batch, cancellationToken);
                foreach (RowKey key in batch)
                {
                    switch (Verdict(before.GetValueOrDefault(key), theirs.GetValueOrDefault(key), after.GetValueOrDefault(key)))
                    {
                        case true when !seen.Add(key):
                            confirmed.Add(new(
                                key.ToString(),
                                !theirs.ContainsKey(key)
                                    ? RowDifferenceKind.Missing
                                    : before.ContainsKey(key) ? RowDifferenceKind.Changed : RowDifferenceKind.Extra));
                            break;
                        case false:
                            break;
                        default:
                            pending.Add(key);
                            break;
                    }
                }
            }

            keys = [.. pending];
            await Task.Delay(Pause, cancellationToken);
        }

        look.UndecidedCount += keys.Length;
        return confirmed;
    }

    // Whether it differs; null where the primary's changed meanwhile and neither value of it is the replica's.
    private static bool? Verdict(string? before, string? theirs, string? after) =>
        theirs == before || theirs == after ? false : before == after ? true : null;

    // The same for a table without a key, all of whose rows are one chunk, and none can be named.
    private async Task<string> WholeAsync(ComparedTable table, ComparisonPoint point, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        KeyRange all = new([]);
        string position = "";
        point.Chunks = 1;
        foreach ((IComparedMember replica, ReplicaLook look) in replicas.Zip(point.Looks).Where(static pair => pair.Second.IsOpen))
        {
            await OnAsync(look, async () =>
            {
                int differed = 0;
                bool? verdict = null;
                for (int attempt = 0; attempt < Attempts && verdict != false && differed < 2; attempt++)
                {
                    ChunkSum before = await primary.SumAsync(table, _functions, all, cancellationToken);
                    position = await primary.PositionAsync(cancellationToken);
                    await CatchUpAsync(replica, position, cancellationToken);
                    ChunkSum theirs = await replica.SumAsync(table, _functions, all, cancellationToken);
                    ChunkSum after = await primary.SumAsync(table, _functions, all, cancellationToken);
                    verdict = before.Agrees(theirs) || after.Agrees(theirs) ? false : before.Agrees(after) ? true : null;
                    differed += verdict == true ? 1 : 0;
                    look.Rows = before.Rows;
                    if (!before.IsWhole || !theirs.IsWhole)
                    {
                        look.Reason = "a row does not fit into max_allowed_packet";
                        return look;
                    }

                    await Task.Delay(Pause, cancellationToken);
                }

                look.Compared = 1;
                if (differed == 2)
                {
                    look.DiffersAsWhole = true;
                    look.Reason = "its rows differ; without a key they can't be named";
                }
                else if (verdict is not false)
                {
                    look.UndecidedCount = look.Rows;
                }

                return look;
            });
        }

        return position;
    }
}
