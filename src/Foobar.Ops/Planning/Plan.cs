namespace Foobar.Ops.Planning;

/// <summary>What an operation that changes something will do, in order.</summary>
public sealed record Plan
{
    /// <summary>What kind of operation it is: <c>failover</c>. With the parameters it is enough to build the plan again.</summary>
    public required string Kind { get; init; }

    /// <summary>One line for the operator: <c>Move writes from web-01 to web-02</c>.</summary>
    public required string Title { get; init; }

    /// <summary>What the plan was built from (names, ids; never a secret), for the journal and for a resume.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The steps, in order.</summary>
    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>The steps in a line each, for a preview: <c>fence: let the old primary refuse writes (web-01)</c>.</summary>
    public IReadOnlyList<string> Outline =>
        (string[])[.. Steps.Select(step => $"{step.Name}: {step.Description}{(step.Server is null ? "" : $" ({step.Server})")}")];
}
