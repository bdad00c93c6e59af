using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>
/// A member whose rows are read, over one connection, by statements of their own: no transaction stays open, so no old row
/// versions pile up on it, and nothing is locked.
/// </summary>
internal sealed class ComparedMember(IDatabaseSession session) : IComparedMember, IAsyncDisposable
{
    // Times as UTC, names and texts as they stand, whatever the server's defaults are.
    private const string Settings = "SET SESSION time_zone = '+00:00', sql_mode = ''";

    private readonly DatabaseMember _member = DatabaseMember.Of(session);

    /// <inheritdoc/>
    public string Name => session.Server;

    /// <inheritdoc/>
    public DatabaseFlavor Flavor => _member.Flavor;

    /// <inheritdoc/>
    public DigestFunctions Functions =>
        Flavor == DatabaseFlavor.MySql ? DigestFunctions.Sha256
        : DatabaseVersion.Parse(session.ServerVersion) is { } version && version >= new Version(10, 8) ? DigestFunctions.Crcs
        : DigestFunctions.Md5;

    /// <summary>Opens one.</summary>
    public static async Task<ComparedMember> OpenAsync(ISiteSession site, string member, CancellationToken cancellationToken)
    {
        IDatabaseSession session = await site.OpenDatabaseAsync(member, cancellationToken);
        try
        {
            await session.ExecuteAsync(Settings, null, cancellationToken);
            return new ComparedMember(session);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="DatabaseMember.IdentityAsync"/>
    public Task<string> IdentityAsync(CancellationToken cancellationToken) => _member.IdentityAsync(cancellationToken);

    /// <summary>Its tables.</summary>
    public Task<IReadOnlyList<ComparedTable>> TablesAsync(CancellationToken cancellationToken) =>
        TableCatalog.ReadAsync(session, cancellationToken);

    /// <inheritdoc/>
    public Task<string> PositionAsync(CancellationToken cancellationToken) => _member.PositionAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WaitForAsync(string position, TimeSpan limit, CancellationToken cancellationToken) =>
        _member.WaitForAsync(position, limit, cancellationToken);

    /// <inheritdoc/>
    public async Task<long> ThreadsRunningAsync(CancellationToken cancellationToken) =>
        await session.QueryAsync("SHOW GLOBAL STATUS LIKE 'Threads_running'", null, cancellationToken) is [var row, ..]
            ? row.Number("Value") ?? 0
            : 0;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>?> BoundaryAsync(
        ComparedTable table, KeyRange range, int rows, CancellationToken cancellationToken)
    {
        string sql = $"""
            SELECT {Keys(table)} FROM {table.Sql} FORCE INDEX ({ComparedColumn.Quoted(table.Index!)}) WHERE {range.Condition}
            ORDER BY {Order(table)} LIMIT 1 OFFSET {(rows - 1).ToString(CultureInfo.InvariantCulture)}
            """;
        return await session.QueryAsync(sql, range.Parameters, cancellationToken) is [var row, ..] ? KeyOf(table, row) : null;
    }

    /// <inheritdoc/>
    public async Task<ChunkSum> SumAsync(
        ComparedTable table, DigestFunctions functions, KeyRange range, CancellationToken cancellationToken)
    {
        RowDigest digest = RowDigest.Of(table, functions);
        string fitting = table.MayNotFit ? $"COUNT({digest.Number})" : "COUNT(*)";
        IReadOnlyList<DatabaseRow> rows = await session.QueryAsync(
            $"SELECT COUNT(*) AS n, {fitting} AS fitting, {digest.Sum} AS digest FROM {From(table)} WHERE {range.Condition}",
            range.Parameters,
            cancellationToken);
        DatabaseRow row = rows[0];
        return new ChunkSum(row.Number("n") ?? 0, row.Text("digest") ?? "", row.Number("fitting") == row.Number("n"));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table, DigestFunctions functions, KeyRange range, CancellationToken cancellationToken) =>
        RowsAsync(table, functions, range.Condition, range.Parameters, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table, DigestFunctions functions, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> parameters = [];
        IEnumerable<string> conditions = keys.Select((key, number) => $"({string.Join(" AND ", table.Key.Select((column, at) =>
        {
            string name = FormattableString.Invariant($"k{number}x{at}");
            parameters[name] = column.Bound(key.Values[at]);
            return $"{column.Sql} = {column.Parameter(name)}";
        }))})");
        return RowsAsync(table, functions, string.Join(" OR ", conditions), parameters, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => session.DisposeAsync();

    private async Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table,
        DigestFunctions functions,
        string condition,
        Dictionary<string, object?> parameters,
        CancellationToken cancellationToken)
    {
        string sql = $"SELECT {Keys(table)}, {RowDigest.Of(table, functions).Row} AS digest FROM {From(table)} WHERE {condition}";
        return (await session.QueryAsync(sql, parameters, cancellationToken))
            .GroupBy(row => new RowKey(KeyOf(table, row))).ToDictionary(
                static group => group.Key, static group => group.First().Text("digest"));
    }

    private static string From(ComparedTable table) =>
        table.Index is { } index ? $"{table.Sql} FORCE INDEX ({ComparedColumn.Quoted(index)})" : table.Sql;

    private static string Keys(ComparedTable table) =>
        string.Join(", ", table.Key.Select(static (column, at) => $"{column.Read} AS {KeyName(at)}"));

    private static string Order(ComparedTable table) => string.Join(", ", table.Key.Select(static column => column.Sql));

    private static IReadOnlyList<string> KeyOf(ComparedTable table, DatabaseRow row) =>
        [.. table.Key.Select((_, at) => row.Text(KeyName(at)) ?? "")];

    private static string KeyName(int at) => "k" + at.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a member holds in a range of rows.</summary>
/// <param name="Rows">How many rows.</param>
/// <param name="Digest">Their digest.</param>
/// <param name="IsWhole">Whether each row is in the digest; one that does not fit into <c>max_allowed_packet</c> is not.</param>
internal sealed record ChunkSum(long Rows, string Digest, bool IsWhole)
{
    /// <summary>Whether two members hold the same.</summary>
    public bool Agrees(ChunkSum other) => Rows == other.Rows && (Rows == 0 || Digest == other.Digest);
}

/// <summary>The values of a row's key.</summary>
/// <param name="Values">The values, in the order of the key's columns.</param>
internal sealed record RowKey(IReadOnlyList<string> Values)
{
    /// <inheritdoc/>
    public bool Equals(RowKey? other) => other is not null && Values.SequenceEqual(other.Values, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Aggregate(0, static (hash, value) => HashCode.Combine(hash, value));

    /// <inheritdoc/>
    public override string ToString() => KeyRange.KeyText(Values);
}
