namespace Foobar.Ops.Remoting;

/// <summary>
/// The files that decide what a command prints: while none of them has changed, nor one been added or removed, the command would
/// print the same. A command that has them reads nothing else that may change while a session stands.
/// </summary>
public sealed class CommandSources : IEquatable<CommandSources>
{
    private readonly Func<CommandResult, IEnumerable<string>?>? _found;

    /// <summary>Names the files.</summary>
    /// <param name="paths">Absolute paths, of directories too (what is added to one or removed from it counts); of a part between
    /// slashes <c>*</c> and <c>?</c> stand for any name, as in the shell.</param>
    /// <param name="found">Further ones, which the result tells; <see langword="null"/> where it tells that not all are known.
    /// A static function: sources are the same if their paths and functions are.</param>
    public CommandSources(IEnumerable<string> paths, Func<CommandResult, IEnumerable<string>?>? found = null)
    {
        Paths = [.. paths];
        _found = found;
    }

    /// <summary>The files that are known beforehand.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>
    /// What else decides, as it was read just before: a result stands for the same text only. <see langword="null"/> for nothing.
    /// </summary>
    public string? Given { get; init; }

    /// <summary>When the newest of what <see cref="Given"/> tells of changed, in seconds of the server's clock since 1970.</summary>
    public long? GivenChanged { get; init; }

    /// <summary>All files that a result depends on; <see langword="null"/> if they can't all be watched.</summary>
    internal IReadOnlyList<string>? Of(CommandResult result)
    {
        if ((_found is null ? [] : _found(result)) is not { } found)
        {
            return null;
        }

        string[] all = [.. Paths.Concat(found).Distinct(StringComparer.Ordinal)];
        return all.All(SourceLook.CanWatch) ? all : null;
    }

    /// <inheritdoc/>
    public bool Equals(CommandSources? other) => other is not null && _found == other._found && Given == other.Given
        && Paths.SequenceEqual(other.Paths, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CommandSources);

    /// <inheritdoc/>
    public override int GetHashCode() => Paths.Aggregate(Paths.Count, static (hash, path) => HashCode.Combine(hash, path));
}
