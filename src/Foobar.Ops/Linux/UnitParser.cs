namespace Foobar.Ops.Linux;

/// <summary>
/// Reads what systemctl says of units. The text form is read, since <c>--output=json</c> came with systemd 246 only and
/// the columns are the same in every version (systemctl(1), "list-units", "list-unit-files").
/// </summary>
public static class UnitParser
{
    /// <summary>The command whose output <see cref="Parse"/> reads.</summary>
    public const string Source = "systemctl list-units --all";

    /// <summary>The command whose output <see cref="ParseFiles"/> reads.</summary>
    public const string FilesSource = "systemctl list-unit-files";

    /// <summary>Reads <c>systemctl list-units --all --plain --no-legend --full</c>: UNIT LOAD ACTIVE SUB DESCRIPTION.</summary>
    /// <exception cref="Errors.ParseException">A line has not at least four columns.</exception>
    public static IReadOnlyList<Unit> Parse(string text) => [.. Lines.Of(text).Select(line => ParseUnit(line.Number, line.Text))];

    /// <summary>
    /// Reads <c>systemctl list-unit-files --no-legend</c>, and what each alias is another name of: <c>NAME -> TARGET</c>.
    /// </summary>
    /// <exception cref="Errors.ParseException">A line has not at least two columns, or an arrow leads nowhere.</exception>
    public static IReadOnlyDictionary<string, UnitFile> ParseFiles(string text)
    {
        Dictionary<string, UnitFile> files = new(StringComparer.Ordinal);
        foreach ((int number, string line) in Lines.Of(text))
        {
            string[] fields = Lines.Fields(line, 4);
            UnitFile known = files.GetValueOrDefault(fields[0], new UnitFile(""));
            files[fields[0]] = fields switch
            {
                [_, "->", var target, ..] => known with { AliasOf = target },
                [_, not "->", ..] => known with { State = fields[1] },
                _ => throw Lines.Unexpected(FilesSource, number, "a unit file and its state", line),
            };
        }

        return files;
    }

    /// <summary>The units with the states of their files, and those files whose unit is not loaded at all.</summary>
    public static IReadOnlyList<Unit> Join(IReadOnlyList<Unit> units, IReadOnlyDictionary<string, UnitFile> files)
    {
        HashSet<string> loaded = [.. units.Select(unit => unit.Name)];
        IEnumerable<Unit> unloaded = files.Where(file => !loaded.Contains(file.Key) && !file.Key.Contains("@.", StringComparison.Ordinal))
            .Select(file => new Unit { Name = file.Key, Load = "stub", Active = "inactive", Sub = "dead" });
        return [.. units.Concat(unloaded).Select(unit => FileOf(unit.Name, files) is { } file
            ? unit with { FileState = file.State, AliasOf = file.AliasOf }
            : unit)];
    }

    private static Unit ParseUnit(int number, string line)
    {
        // A unit that needs attention is marked by a dot or a cross in front unless --plain is understood.
        string[] fields = Lines.Fields(line.TrimStart('●', '○', '×', '*', ' '), 5);
        return fields.Length < 4
            ? throw Lines.Unexpected(Source, number, "UNIT LOAD ACTIVE SUB DESCRIPTION", line)
            : new Unit
            {
                Name = fields[0],
                Load = fields[1],
                Active = fields[2],
                Sub = fields[3],
                Description = fields.Length > 4 ? Described(fields[4]) : "",
            };
    }

    // systemd-run(1) describes a unit by its command line, arguments and all, unless it is told otherwise.
    private static string Described(string text) =>
        text.StartsWith('/') || text.StartsWith("[systemd-run]", StringComparison.Ordinal)
            ? "a transient unit; its command line is left out, since it may hold secrets"
            : text;

    private static UnitFile? FileOf(string name, IReadOnlyDictionary<string, UnitFile> files)
    {
        if (files.TryGetValue(name, out UnitFile? own))
        {
            return own;
        }

        // An instance (getty@tty1.service) has its template's file.
        int at = name.IndexOf('@', StringComparison.Ordinal), dot = name.LastIndexOf('.');
        return at > 0 && dot > at ? files.GetValueOrDefault(name[..(at + 1)] + name[dot..]) : null;
    }
}

/// <summary>A unit's file.</summary>
/// <param name="State">Its state (systemctl(1), "is-enabled").</param>
/// <param name="AliasOf">The unit that an alias is another name of; <see langword="null"/> if it is none, or its link was not read.</param>
public sealed record UnitFile(string State, string? AliasOf = null);
