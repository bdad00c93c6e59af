namespace Foobar.Ops.HelpBuilder;

/// <summary>The help of one cmdlet as its author wrote it: text by paragraphs, out of its Markdown.</summary>
internal sealed record HelpSource
{
    /// <summary>The path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>The title: the cmdlet's name.</summary>
    public required string Name { get; init; }

    /// <summary>The paragraphs of each section without parts: <c>SYNOPSIS</c>, <c>DESCRIPTION</c>, <c>NOTES</c> ...</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Sections { get; init; }

    /// <summary>The paragraphs of each parameter, by name without the hyphen.</summary>
    public required IReadOnlyDictionary<string, HelpPart> Parameters { get; init; }

    /// <summary>The examples, in their order.</summary>
    public required IReadOnlyList<HelpPart> Examples { get; init; }

    /// <summary>The links: text and target.</summary>
    public required IReadOnlyList<(string Text, string Target)> Links { get; init; }

    /// <summary>The paragraphs of a section, none if it is missing.</summary>
    public IReadOnlyList<string> Section(string name) => Sections.GetValueOrDefault(name) ?? [];
}

/// <summary>A parameter or an example.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Line">The line of the heading, counted from 1.</param>
/// <param name="Code">The code under it, empty if none.</param>
/// <param name="Paragraphs">The text under it.</param>
internal sealed record HelpPart(string Title, int Line, string Code, IReadOnlyList<string> Paragraphs);

/// <summary>What is missing or wrong in a help source.</summary>
internal sealed record HelpProblem(string Path, int Line, string Message);
