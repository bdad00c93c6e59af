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

    /// <summary>Reads <c>systemctl list-unit-files --no-legend</c>: name to state.</summary>
    /// <exception cref="Errors.ParseException">A line has not at least two columns.</exception>
    public static IReadOnlyDictionary<string, string> ParseFiles(string text)
    {
        Dictionary<string, string> states = new(StringComparer.Ordinal);
        foreach ((int number, string line) in Lines.Of(text))
        {
            string[] fields = Lines.Fields(line, 3);
            states[fields[0]] = fields.Length > 1
                ? fields[1]
                : throw Lines.Unexpected(FilesSource, number, "a unit file and its state", line);
        }

        return states;
    }

    /// <summary>The units with the states of their files, and those files whose unit is not loaded at all.</summary>
    public static IReadOnlyList<Unit> Join(IReadOnlyList<Unit> units, IReadOnlyDictionary<string, string> files)
    {
        HashSet<string> loaded = [.. units.Select(unit => unit.Name)];
        IEnumerable<Unit> unloaded = files.Where(file => !loaded.Contains(file.Key) && !file.Key.Contains("@.", StringComparison.Ordinal))
            .Select(file => new Unit { Name = file.Key, Load = "stub", Active = "inactive", Sub = "dead", FileState = file.Value });
        return [.. units.Select(unit => unit with { FileState = FileStateOf(unit.Name, files) }).Concat(unloaded)];
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

    private static string FileStateOf(string name, IReadOnlyDictionary<string, string> files)
    {
        if (files.TryGetValue(name, out string? state))
        {
            return state;
        }

        // An instance (getty@tty1.service) has its template's file.
        int at = name.IndexOf('@', StringComparison.Ordinal), dot = name.LastIndexOf('.');
        return at > 0 && dot > at ? files.GetValueOrDefault(name[..(at + 1)] + name[dot..], "") : "";
    }
}
