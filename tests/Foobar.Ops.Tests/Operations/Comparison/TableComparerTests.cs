using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Comparison;
using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Operations.Comparison;

public sealed class TableComparerTests
{
    private const int Rows = 300;
    private static readonly ComparisonOptions Options = new() { MostKeys = 1000 };

    [Fact]
    public void What_differs_is_found_and_nothing_else_whatever_is_written_meanwhile()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            Random random = new(seed);
            int[] keys = [.. Enumerable.Range(0, Rows)];
            random.Shuffle(keys);
            int[] hot = keys[..random.Next(20)];
            ModelCluster cluster = new(random, Rows, hot);
            ModelMember[] replicas = [cluster.Replica("web-02"), cluster.Replica("db-03")];
            Dictionary<string, SortedSet<string>> planted = replicas.ToDictionary(
                static replica =>
                    replica.Name, replica => new SortedSet<string>(
                        keys[hot.Length..].Take(random.Next(10)).Select(key => Plant(replica, key, random)), StringComparer.Ordinal));

            IReadOnlyList<TableComparison> results = Compare(cluster, replicas);

            Assert.All(results, result =>
            {
                SortedSet<string> found = new(
                    result.Differences.Select(static difference => difference.ToString()), StringComparer.Ordinal);
                Assert.Equal(planted[result.Server], found);
                Assert.Equal(planted[result.Server].Count, result.DifferenceCount);
                Assert.InRange(result.UndecidedCount, 0, hot.Length);
                Assert.Equal(
                    planted[result.Server].Count > 0
                        ? ComparisonStatus.Differs
                        : result.UndecidedCount > 0 ? ComparisonStatus.Undecided : ComparisonStatus.Equal,
                    result.Status);
                Assert.Equal(100, result.CoveragePercent);
            });
        }).CheckSeeded();
    }

    [Fact]
    public async Task A_sample_looks_at_one_chunk_of_each_table_at_least()
    {
        ModelCluster cluster = new(new Random(1), Rows, []);
        ModelMember replica = cluster.Replica("web-02");
        replica.Rows[7] = -1;
        ModelMember primary = cluster.Primary();
        ComparisonOptions sparse = Options with { SamplePercent = 0 };
        TableComparer comparer = new(primary, [replica], sparse, new LoadGate(primary, sparse, static _ => { })) { Pause = TimeSpan.Zero };

        TableComparison result = Assert.Single(await comparer.CompareAsync(
            ModelCluster.Table, new Dictionary<string, ComparedTable>
            {
                ["web-02"] = ModelCluster.Table,
            }, null, static _ => { }, TestContext.Current.CancellationToken));

        Assert.Equal((ComparisonStatus.Differs, 1), (result.Status, result.Chunks));
    }

    [Fact]
    public async Task A_replica_that_is_lost_ends_its_own_comparison_and_no_other()
    {
        ModelCluster cluster = new(new Random(1), Rows, []);
        ModelMember lost = cluster.Replica("web-02");
        ModelMember kept = cluster.Replica("db-03");
        lost.Breaks = new FoobarException("DatabaseConnectionLost", ErrorKind.Connection, "web-02: gone") { Server = "web-02" };

        IReadOnlyList<TableComparison> results = await CompareAsync(cluster, [lost, kept]);

        Assert.Equal((ComparisonStatus.NotCompared, "web-02: gone"), (results[0].Status, results[0].Reason));
        Assert.Equal((ComparisonStatus.Equal, Rows), (results[1].Status, results[1].Rows));
    }

    [Fact]
    public async Task A_comparison_that_goes_on_counts_what_was_seen_before()
    {
        ModelCluster cluster = new(new Random(1), 5000, []);
        ModelMember replica = cluster.Replica("web-02");
        replica.Rows[3] = -1;
        replica.Rows[4900] = -1;
        ComparisonPoint? half = null;
        await CompareAsync(
            cluster, [replica],
            reached: point =>
                half ??= point with
                {
                    Looks =
                    [
                        .. point.Looks.Select(
                            look => look with { Differences = [.. look.Differences], DifferingChunks = [.. look.DifferingChunks] }),
                    ],
                });
        Assert.NotNull(half?.After);

        TableComparison result = Assert.Single(await CompareAsync(cluster, [replica], half));

        Assert.Equal(["Changed 3", "Changed 4900"], result.Differences.Select(static difference => difference.ToString()));
        Assert.Equal(5000, result.Rows);
    }

    [Fact]
    public async Task A_replica_with_another_table_or_none_differs_without_being_read()
    {
        ModelCluster cluster = new(new Random(1), Rows, []);
        ModelMember[] replicas = [cluster.Replica("web-02"), cluster.Replica("db-03")];
        Array.ForEach(replicas, static replica => replica.Breaks = new InvalidOperationException("read"));
        ComparedTable other = ModelCluster.Table with { Columns = [.. ModelCluster.Table.Columns, new("more", "int")] };

        IReadOnlyList<TableComparison> results = await Comparer(cluster, replicas).CompareAsync(
            ModelCluster.Table, new Dictionary<string, ComparedTable>
            {
                ["web-02"] = other,
            }, null, static _ => { }, TestContext.Current.CancellationToken);

        Assert.All(results, static result => Assert.Equal(ComparisonStatus.Differs, result.Status));
        Assert.Equal("its columns differ: none on the primary, more int on the replica", results[0].Reason);
        Assert.Equal("db-03 has no such table, or its login may not read it", results[1].Reason);
    }

    private static string Plant(ModelMember replica, int key, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                replica.Rows.Remove(key);
                return $"Missing {key}";
            case 1:
                replica.Rows[key] = -1;
                return $"Changed {key}";
            default:
                replica.Rows[-1 - key] = key;
                return string.Create(CultureInfo.InvariantCulture, $"Extra {-1 - key}");
        }
    }

    // The model never waits, so that what it is asked ends at once.
    private static IReadOnlyList<TableComparison> Compare(ModelCluster cluster, ModelMember[] replicas)
    {
        Task<IReadOnlyList<TableComparison>> comparing = CompareAsync(cluster, replicas);
        return comparing.WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();
    }

    private static Task<IReadOnlyList<TableComparison>> CompareAsync(
        ModelCluster cluster, ModelMember[] replicas, ComparisonPoint? start = null, Action<ComparisonPoint>? reached = null) =>
        Comparer(cluster, replicas).CompareAsync(
            ModelCluster.Table, replicas.ToDictionary(static replica => replica.Name, static _ => ModelCluster.Table), start, reached
                ?? (static _ => { }), CancellationToken.None);

    private static TableComparer Comparer(ModelCluster cluster, ModelMember[] replicas)
    {
        ModelMember primary = cluster.Primary();
        return new TableComparer(primary, replicas, Options, new LoadGate(primary, Options, static _ => { })) { Pause = TimeSpan.Zero };
    }
}
