namespace Foobar.Ops.Inventory.Loading;

/// <summary>Gathers everything that is wrong with one inventory.</summary>
internal sealed class Problems(string file)
{
    private readonly List<InventoryProblem> _found = [];

    /// <summary>Whether nothing is wrong so far.</summary>
    public bool None => _found.Count == 0;

    /// <summary>Notes a problem at a value.</summary>
    public void Add(SourceValue at, string message, string? expected = null, string? suggestion = null) =>
        Add(at.Position, at.Path, message, expected, suggestion);

    /// <summary>Notes a problem at a position.</summary>
    public void Add(SourcePosition position, string path, string message, string? expected = null, string? suggestion = null) =>
        _found.Add(new InventoryProblem
        {
            File = file,
            Line = position.Line,
            Column = position.Column,
            Path = path,
            Message = message,
            Expected = expected,
            Suggestion = suggestion,
        });

    /// <summary>Throws everything at once, in the order of the document, if anything is wrong.</summary>
    /// <exception cref="InventoryException">Something is wrong.</exception>
    public void ThrowIfAny()
    {
        if (!None)
        {
            throw new InventoryException(file, [.. _found.Distinct().OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)]);
        }
    }
}
