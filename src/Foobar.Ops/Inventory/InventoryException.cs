using Foobar.Ops.Errors;

namespace Foobar.Ops.Inventory;

/// <summary>An inventory is not usable; carries everything that is wrong with it. Id <c>InventoryInvalid</c>.</summary>
public sealed class InventoryException : FoobarException
{
    /// <summary>Creates the error.</summary>
    /// <param name="path">The path of the inventory.</param>
    /// <param name="problems">What is wrong, at least one, in the order of the document.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public InventoryException(string path, IReadOnlyList<InventoryProblem> problems, Exception? innerException = null)
        : base("InventoryInvalid", ErrorKind.InvalidInput, Compose(path, problems), innerException)
    {
        Path = path;
        Problems = problems;
        Recommendation =
            "Correct the places named above; docs/foobar.schema.json describes every key, and an editor that knows JSON schemas marks them "
                + "while you type.";
    }

    /// <summary>The path of the inventory.</summary>
    public string Path { get; }

    /// <summary>What is wrong, in the order of the document.</summary>
    public IReadOnlyList<InventoryProblem> Problems { get; }

    private static string Compose(string path, IReadOnlyList<InventoryProblem> problems) => problems.Count == 1
        ? $"The inventory is not valid: {problems[0]}"
        : $"The inventory {path} is not valid, in {problems.Count} "
            + $"places:{string.Concat(problems.Select(problem => $"{Environment.NewLine}  {problem}"))}";
}
