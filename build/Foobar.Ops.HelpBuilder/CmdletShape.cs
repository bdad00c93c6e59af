namespace Foobar.Ops.HelpBuilder;

/// <summary>A cmdlet as its class declares it.</summary>
internal sealed record CmdletShape
{
    public required string Name { get; init; }

    public required bool SupportsShouldProcess { get; init; }

    public required IReadOnlyList<ParameterShape> Parameters { get; init; }

    public required IReadOnlyList<string> OutputTypes { get; init; }

    /// <summary>The names of the parameter sets, the default first; one nameless set where there are none.</summary>
    public required IReadOnlyList<string> Sets { get; init; }
}

/// <summary>A parameter as its property declares it.</summary>
internal sealed record ParameterShape
{
    public required string Name { get; init; }

    /// <summary>The type as a user would write it: <c>String[]</c>.</summary>
    public required string Type { get; init; }

    public required bool IsSwitch { get; init; }

    public required bool Globbing { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>The words it takes, where they are known.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    /// <summary>Its place in each set; the key <see cref="AllSets"/> stands for all.</summary>
    public required IReadOnlyDictionary<string, PlaceShape> Places { get; init; }

    public const string AllSets = "__AllParameterSets";

    public PlaceShape? In(string set) => Places.GetValueOrDefault(set) ?? Places.GetValueOrDefault(AllSets);
}

/// <summary>How a parameter is given in one parameter set.</summary>
internal sealed record PlaceShape(bool Mandatory, int? Position, bool ByValue, bool ByPropertyName)
{
    public string PositionText => Position?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "named";

    public string PipelineText => (ByValue, ByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };
}
