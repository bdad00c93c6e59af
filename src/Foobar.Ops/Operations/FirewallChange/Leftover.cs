using System.Globalization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>How far an earlier firewall change came on a server.</summary>
internal enum LeftoverState
{
    /// <summary>It was being armed.</summary>
    Begun,

    /// <summary>Its rollback is armed.</summary>
    Armed,

    /// <summary>Its old rules are being put back.</summary>
    Restoring,

    /// <summary>Its old rules were put back, or that was tried.</summary>
    Restored,

    /// <summary>Its new rules were kept.</summary>
    Kept,
}

/// <summary>What an earlier firewall change has left on a server.</summary>
/// <param name="Id">The change's number there.</param>
/// <param name="State">How far it came.</param>
/// <param name="Deadline">When its rollback fires or fired.</param>
/// <param name="Result">What the rollback said; empty if it has not.</param>
internal sealed record Leftover(string Id, LeftoverState State, DateTimeOffset Deadline, string Result)
{
    /// <summary>Whether its old rules may still come back by themselves.</summary>
    public bool IsPending => State is LeftoverState.Begun or LeftoverState.Armed or LeftoverState.Restoring;

    /// <summary>Reads what <see cref="ChangeScripts.ToList"/> says: <c>id state deadline result</c> a line.</summary>
    /// <exception cref="ParseException">A line is of another form.</exception>
    public static IReadOnlyList<Leftover> Parse(string text, string server) =>
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select((line, index) => ParseLine(line, index + 1, server)),
        ];

    private static Leftover ParseLine(string line, int number, string server)
    {
        string[] fields = line.Split(' ', 4);
        return fields.Length >= 3 && IsId(fields[0])
            && Enum.TryParse(fields[1], ignoreCase: true, out LeftoverState state)
            && Enum.IsDefined(state)
            && !char.IsAsciiDigit(fields[1][0])
            && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint seconds)
            ? new Leftover(fields[0], state, DateTimeOffset.FromUnixTimeSeconds(seconds), fields.Length > 3 ? fields[3] : string.Empty)
            : throw new ParseException(
                server, "the list of firewall changes", number, $"expected a change's number, its state and its deadline, found '{line}'");
    }

    private static bool IsId(string text) =>
        text.Length is > 0 and <= 200
            && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_');
}
