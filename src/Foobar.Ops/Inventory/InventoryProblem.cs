using System.Globalization;

namespace Foobar.Ops.Inventory;

/// <summary>One thing that is wrong with an inventory, and where.</summary>
public sealed record InventoryProblem
{
    /// <summary>The path of the inventory.</summary>
    public required string File { get; init; }

    /// <summary>The line, counted from 1; 0 if the file as a whole is meant.</summary>
    public required int Line { get; init; }

    /// <summary>The column in characters (UTF-16 units, as editors count), from 1; 0 if the file as a whole is meant.</summary>
    public required int Column { get; init; }

    /// <summary>The place in the document in the notation of RFC 9535: <c>$.policy.flows[2].ports[0]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What is wrong there. A value that looks like a secret is never repeated here.</summary>
    public required string Message { get; init; }

    /// <summary>What was expected, or <see langword="null"/> where the message says all.</summary>
    public string? Expected { get; init; }

    /// <summary>What was probably meant, or <see langword="null"/>.</summary>
    public string? Suggestion { get; init; }

    /// <summary>The problem in one line: <c>foobar.json:12:7: $.site: ... (expected ...; did you mean ...?)</c>.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}") : File;
        string expected = Expected is null ? string.Empty : $"; expected {Expected}";
        string suggestion = Suggestion is null ? string.Empty : $"; did you mean '{Suggestion}'?";
        return $"{place}: {Path}: {Message}{expected}{suggestion}";
    }
}
