using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// What a member says of the last operation that moved writes or brought a member back: the row of <c>foobar_ops.operation</c>,
/// which the operation writes on the primary and replication brings to the others.
/// </summary>
public sealed record OperationMark
{
    private const string Source = "foobar_ops.operation";

    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>Who began it, or ended it last.</summary>
    public required string Holder { get; init; }

    /// <summary>When it began, by its operator's clock, in UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How far it came: one of <see cref="OperationState"/>, or what somebody wrote by hand.</summary>
    public required string State { get; init; }

    /// <summary>The primary before it.</summary>
    public required string OldPrimary { get; init; }

    /// <summary>The primary after it.</summary>
    public required string NewPrimary { get; init; }

    /// <summary>What its plan was built from, as in its journal; never a secret.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Whether it is under way, or was left there.</summary>
    public bool IsUnfinished => State is OperationState.Running or OperationState.Switched;

    /// <summary>
    /// The word in a repair's parameters that tells when writes were moved last before it: its row takes that of the failover.
    /// </summary>
    internal const string Moved = "moved";

    /// <summary>When writes were moved last, in UTC, as far as the row tells; <see langword="null"/> if it does not.</summary>
    [JsonIgnore]
    public DateTimeOffset? LastMove =>
        State is OperationState.Completed or OperationState.Degraded && OldPrimary != NewPrimary ? Since
        : DateTimeOffset.TryParse(
            Parameters.GetValueOrDefault(Moved), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moved)
            ? moved
        : null;

    /// <inheritdoc/>
    public override string ToString()
    {
        string failover = $"a failover from {OldPrimary} to {NewPrimary}";
        string since = Since.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture);
        return IsUnfinished
            ? $"{failover} by {Holder} has been under way since {since} ({State})"
            : $"{failover} that began at {since} was ended by {Holder} ({State})";
    }

    /// <summary>Reads the row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="server">The member, for the error.</param>
    /// <exception cref="ParseException">It is not one that an operation writes.</exception>
    internal static OperationMark From(DatabaseRow row, string? server = null)
    {
        string since = row.Text("since") ?? "";
        return new()
        {
            Id = row.Text("id") ?? "",
            Holder = row.Text("holder") ?? "",
            Since = DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                ? time
                : throw new ParseException(server, Source, 1, $"expected the time when an operation began, got '{since}'."),
            State = row.Text("state") ?? "",
            OldPrimary = row.Text("old_primary") ?? "",
            NewPrimary = row.Text("new_primary") ?? "",
            Parameters = ParseParameters(row.Text("parameters") ?? "", server),
        };
    }

    private static Dictionary<string, string> ParseParameters(string text, string? server)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(text) ?? throw new JsonException("null is no object");
        }
        catch (JsonException error)
        {
            throw new ParseException(
                server, Source, 1, $"expected an operation's parameters (a JSON object of texts): {error.Message}", error);
        }
    }
}
