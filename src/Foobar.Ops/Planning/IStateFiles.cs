namespace Foobar.Ops.Planning;

/// <summary>The files that an <see cref="OperationStore"/> is made of.</summary>
internal interface IStateFiles
{
    /// <summary>Makes a directory that only its owner may enter, if it is not there.</summary>
    void CreateDirectory(string path);

    /// <summary>Opens a file; creates it, readable by its owner only.</summary>
    /// <exception cref="IOException">It can't be opened, or somebody has it for himself alone.</exception>
    Stream Open(string path, FileMode mode, FileShare share);

    /// <summary>The text of a file; <see langword="null"/> if there is none.</summary>
    string? ReadText(string path);

    /// <summary>The paths of a directory's files whose names end so; none where there is no directory.</summary>
    IReadOnlyList<string> Find(string directory, string suffix);

    /// <summary>Lets one file take the place of another.</summary>
    void Move(string from, string to);
}
