using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Operations.Comparison;

namespace Foobar.Ops.Tests.Operations.Comparison;

/// <summary>A primary and its replicas in memory, which move on by chance whenever one of them is asked something.</summary>
internal sealed class ModelCluster(Random random, int rows, IReadOnlyList<int> hot)
{
    private readonly List<(int Key, int? Value)> _log = [];
    private readonly List<ModelMember> _replicas = [];

    /// <summary>The primary's rows.</summary>
    public SortedDictionary<int, int> Rows { get; } = new(Enumerable.Range(0, rows).ToDictionary(static key => key, static key => key));

    /// <summary>The table's definition.</summary>
    public static ComparedTable Table { get; } =
        new("shop", "orders", "InnoDB", 100, [new("id", "int"), new("value", "int")], "PRIMARY", [new("id", "int")]);

    /// <summary>How many transactions were committed and told as such.</summary>
    public int Position { get; private set; }

    public ModelMember Primary() => new(this, "web-01", Rows, isPrimary: true);

    public ModelMember Replica(string name)
    {
        ModelMember replica = new(this, name, new(Rows), isPrimary: false);
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>
    /// Some transactions on hot rows; the last of them may be seen a moment before its number is told. Replicas apply some more.
    /// </summary>
    public void Move()
    {
        Position = _log.Count;
        for (int count = hot.Count == 0 ? 0 : random.Next(3); count > 0; count--)
        {
            int key = hot[random.Next(hot.Count)];
            int? value = random.Next(4) == 0 ? null : random.Next();
            _log.Add((key, value));
            Apply(Rows, key, value);
        }

        Position = random.Next(2) == 0 ? Position : _log.Count;
        foreach (ModelMember replica in _replicas)
        {
            ApplyUpTo(replica, replica.Applied + random.Next(3));
        }
    }

    public void ApplyUpTo(ModelMember replica, int position)
    {
        for (; replica.Applied < Math.Min(position, _log.Count); replica.Applied++)
        {
            Apply(replica.Rows, _log[replica.Applied].Key, _log[replica.Applied].Value);
        }
    }

    private static void Apply(SortedDictionary<int, int> rows, int key, int? value)
    {
        if (value is { } now)
        {
            rows[key] = now;
        }
        else
        {
            rows.Remove(key);
        }
    }
}

/// <summary>A member of the model.</summary>
internal sealed class ModelMember(ModelCluster cluster, string name, SortedDictionary<int, int> rows, bool isPrimary) : IComparedMember
{
    public SortedDictionary<int, int> Rows => rows;

    public int Applied { get; set; }

    /// <summary>What it throws when it is read next; <see langword="null"/> for nothing.</summary>
    public Exception? Breaks { get; set; }

    public string Name => name;

    public DatabaseFlavor Flavor => DatabaseFlavor.MySql;

    public DigestFunctions Functions => DigestFunctions.Sha256;

    public Task<string> PositionAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Moved(cluster.Position.ToString(CultureInfo.InvariantCulture)));

    public Task<bool> WaitForAsync(string position, TimeSpan limit, CancellationToken cancellationToken)
    {
        Assert.False(isPrimary);
        cluster.ApplyUpTo(this, int.Parse(position, CultureInfo.InvariantCulture));
        return Task.FromResult(Moved(true));
    }

    public Task<long> ThreadsRunningAsync(CancellationToken cancellationToken) => Task.FromResult(1L);

    public Task<IReadOnlyList<string>?> BoundaryAsync(ComparedTable table, KeyRange range, int rows, CancellationToken cancellationToken)
    {
        int[] keys = [.. Within(range).Select(static row => row.Key).Skip(rows - 1).Take(1)];
        return Task.FromResult(Moved<IReadOnlyList<string>?>(keys.Length == 0 ? null : [keys[0].ToString(CultureInfo.InvariantCulture)]));
    }

    public Task<ChunkSum> SumAsync(ComparedTable table, DigestFunctions functions, KeyRange range, CancellationToken cancellationToken)
    {
        KeyValuePair<int, int>[] own = [.. Within(range)];
        return Task.FromResult(Moved(new ChunkSum(own.Length, string.Join(';', own.Select(static row => $"{row.Key}={row.Value}")), true)));
    }

    public Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table, DigestFunctions functions, KeyRange range, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<RowKey, string?>>(Moved(Digests(Within(range))));

    public Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table, DigestFunctions functions, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<RowKey, string?>>(Moved(Digests(rows.Where(row => keys.Contains(Key(row.Key))))));

    private static RowKey Key(int key) => new([key.ToString(CultureInfo.InvariantCulture)]);

    private static Dictionary<RowKey, string?> Digests(IEnumerable<KeyValuePair<int, int>> rows) =>
        rows.ToDictionary(static row => Key(row.Key), static row => (string?)row.Value.ToString(CultureInfo.InvariantCulture));

    private IEnumerable<KeyValuePair<int, int>> Within(KeyRange range) => rows
        .SkipWhile(row => range.After is { } after && row.Key <= int.Parse(after[0], CultureInfo.InvariantCulture))
        .TakeWhile(row => range.UpTo is not { } last || row.Key <= int.Parse(last[0], CultureInfo.InvariantCulture));

    // What was read is of one moment; then time goes by.
    private T Moved<T>(T value)
    {
        if (Breaks is { } error)
        {
            throw error;
        }

        cluster.Move();
        return value;
    }
}
