using System.Globalization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>How far a certificate change came on a server.</summary>
internal enum LeftoverState
{
    /// <summary>New files lie ready, and nothing was changed.</summary>
    Staged,

    /// <summary>Files were being replaced.</summary>
    Begun,

    /// <summary>The new files are in place.</summary>
    Installed,

    /// <summary>It has ended, and what it replaced is kept.</summary>
    Kept,
}

/// <summary>What a certificate change has left on a server.</summary>
/// <param name="Id">The change's number there.</param>
/// <param name="State">How far it came.</param>
/// <param name="Time">When it was begun, by the server's clock.</param>
/// <param name="Deadline">When nobody goes on with it any more.</param>
/// <param name="By">Who made it.</param>
internal sealed record Leftover(string Id, LeftoverState State, DateTimeOffset Time, DateTimeOffset Deadline, string By)
{
    /// <summary>The change in words.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"the change of {Time.UtcDateTime:yyyy-MM-dd HH:mm} UTC by {By}");

    /// <summary>Reads what <see cref="ChangeScripts.ToLook"/> says: <c>id state time deadline by</c> a line.</summary>
    /// <exception cref="ParseException">A line is of another form.</exception>
    public static IReadOnlyList<Leftover> Parse(string text, string server) =>
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select((line, index) => ParseLine(line, index + 1, server)),
        ];

    private static Leftover ParseLine(string line, int number, string server)
    {
        string[] fields = line.Split(' ', 5);
        return fields.Length >= 4 && IsId(fields[0])
            && Enum.TryParse(fields[1], ignoreCase: true, out LeftoverState state)
            && Enum.IsDefined(state)
            && !char.IsAsciiDigit(fields[1][0])
            && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint time)
            && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint deadline)
            ? new Leftover(
                fields[0], state, DateTimeOffset.FromUnixTimeSeconds(time), DateTimeOffset.FromUnixTimeSeconds(deadline),
                fields.Length > 4 ? fields[4] : "unknown")
            : throw new ParseException(
                server, "the list of certificate changes", number, $"expected a change's number, state, time and deadline, found '{line}'");
    }

    private static bool IsId(string text) =>
        text.Length is > 0 and <= 200
            && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_');
}

/// <summary>What a change has kept of what it replaced.</summary>
/// <param name="Id">The change's number on the server.</param>
/// <param name="Change">The change in words.</param>
/// <param name="Files">Of each file: the copy, its path, and whether it is as the change left it.</param>
internal sealed record KeptCertificates(string Id, string Change, IReadOnlyList<(string Copy, string RealPath, bool IsAsLeft)> Files)
{
    /// <summary>Reads what <see cref="ChangeScripts.ToReadKept"/> says: <c>copy state path</c> a line.</summary>
    /// <exception cref="ParseException">A line is of another form.</exception>
    public static KeptCertificates Parse(Leftover change, string text, string server) => new(change.Id, change.ToString(),
    [
        .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
            (line, index) => line.Split(' ', 3) is [var copy, var state, var path] && (state is "same" or "changed")
                ? (copy, path, state == "same")
                : throw new ParseException(
                    server, "what the last certificate change kept", index + 1, $"expected a copy, its state and a path, found '{line}'")),
    ]);
}
