using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// A row on the databases themselves that tells of the operation under way: written on the primary, it reaches every
/// replica, and a second operator on any machine sees it. It holds what the plan was built from, so that he can end the
/// operation where the journal is lost.
/// </summary>
/// <param name="id">The operation's id.</param>
/// <param name="takenOverFrom">The id under which another operator began it; <see langword="null"/> if it was begun here.</param>
internal sealed class OperationMarker(string id, string? takenOverFrom = null)
{
    /// <summary>What to do about another operation's marker.</summary>
    public const string Recommendation =
        "Wait until it ends. If its process is gone, end what it began with Resume-FoobarFailover on that machine, as that user; if that "
            + "machine is lost, with Resume-FoobarFailover -TakeOver here.";

    // Mostly it arrives at once; a replica that lags is not asked fifty times a second.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Who we are, to other operators.</summary>
    public static string Holder =>
        string.Create(
            CultureInfo.InvariantCulture, $"{Environment.UserName} on {Environment.MachineName} (process {Environment.ProcessId})");

    /// <summary>Writes the marker, unless another operation holds it.</summary>
    /// <param name="primary">The member that takes writes.</param>
    /// <param name="parameters">What the plan was built from, with <c>old</c> and <c>new</c>.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="before">The id that the marker must have held before, empty for none; <see langword="null"/> for any.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: another does; the message says who and since when.</exception>
    /// <exception cref="SupersededException"><c>OperationSuperseded</c>: another operation has come and gone since
    /// <paramref name="before"/> was read.</exception>
    public async Task BeginAsync(
        DatabaseMember primary,
        IReadOnlyDictionary<string, string> parameters,
        DateTimeOffset since,
        CancellationToken cancellationToken,
        string? before = null)
    {
        await primary.Marks.CreateAsync(cancellationToken);
        Dictionary<string, object?> values = new()
        {
            ["id"] = id,
            ["holder"] = Holder,
            ["since"] = since.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
            ["state"] = OperationState.Running,
            ["old"] = parameters["old"],
            ["new"] = parameters["new"],
            ["parameters"] = JsonSerializer.Serialize(parameters),
            ["before"] = before ?? "",
        };
        await primary.Marks.WriteAsync(values, checksBefore: before is not null, cancellationToken);
        if (await primary.Marks.ReadAsync(cancellationToken) is var now && now?.Id != id)
        {
            throw now is not { IsUnfinished: true }
                ? Superseded(primary, now)
                : new FoobarException(
                    "OperationRunning", ErrorKind.Refused, $"{primary.Name}: {now}.")
                    {
                        Server = primary.Name,
                        Recommendation = Recommendation,
                    };
        }
    }

    /// <summary>Writes the marker, whatever operation held it: the one that held it on a dead primary will not end it.</summary>
    /// <inheritdoc cref="BeginAsync"/>
    public async Task ReplaceAsync(
        DatabaseMember primary, IReadOnlyDictionary<string, string> parameters, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await primary.Marks.CreateAsync(cancellationToken);
        await primary.Marks.AbandonAsync(id, cancellationToken);
        await BeginAsync(primary, parameters, since, cancellationToken);
    }

    /// <summary>
    /// Writes how far the operation came, and sees that it stands there. From here on it is ours, if another operator began it.
    /// </summary>
    /// <exception cref="SupersededException"><c>OperationSuperseded</c>: the marker is another operation's by now, or there is
    /// none.</exception>
    public async Task SetAsync(DatabaseMember primary, string state, CancellationToken cancellationToken)
    {
        await primary.Marks.SetAsync(id, takenOverFrom, Holder, state, cancellationToken);
        if (await primary.Marks.ReadAsync(cancellationToken) is var now && (now?.Id != id || now.State != state))
        {
            throw Superseded(primary, now);
        }
    }

    /// <summary>Writes that the operation was undone, unless it never came to write its marker.</summary>
    public async Task WithdrawAsync(DatabaseMember primary, CancellationToken cancellationToken)
    {
        if (await primary.Marks.ReadAsync(cancellationToken) is { } mark && (mark.Id == id || mark.Id == takenOverFrom))
        {
            await SetAsync(primary, OperationState.Undone, cancellationToken);
        }
    }

    /// <summary>
    /// Waits until a replica's marker says what the primary's was told: whoever looks there later must not find an older truth.
    /// </summary>
    /// <exception cref="FoobarException"><c>MarkerNotReplicated</c>: it does not within the limit.</exception>
    public async Task ArriveAsync(DatabaseMember replica, string state, TimeSpan limit, CancellationToken cancellationToken)
    {
        long began = replica.Time.GetTimestamp();
        for (TimeSpan pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            OperationMark? there = await replica.Marks.ReadAsync(cancellationToken);
            if (there?.Id == id && there.State == state)
            {
                return;
            }

            if (replica.Time.GetElapsedTime(began) > limit)
            {
                throw new FoobarException(
                    "MarkerNotReplicated", ErrorKind.Failed,
                    $"{replica.Name}: the operation's marker (foobar_ops.operation, '{state}') did not arrive there within "
                        + $"{limit.TotalSeconds:0.#} s; it says {there?.ToString() ?? "nothing"}.")
                {
                    Server = replica.Name,
                    Recommendation = "See whether a filter keeps the schema foobar_ops from it (Test-FoobarReplication -Control DB-013).",
                };
            }

            await Task.Delay(pause, replica.Time, cancellationToken);
        }
    }

    private static SupersededException Superseded(DatabaseMember member, OperationMark? now) =>
        new(
            "OperationSuperseded", ErrorKind.Refused,
            $"{member.Name}: another operator took this operation's place meanwhile: {now?.ToString() ?? "its marker is gone"}. Nothing "
                + "more was changed.")
        {
            Server = member.Name,
            Recommendation = "Look at Get-FoobarReplication. There is nothing left to resume here.",
        };
}
