namespace Foobar.Ops.Errors;

/// <summary>Text that a server or a file gave could not be understood. Id <c>OutputNotUnderstood</c>.</summary>
public sealed class ParseException : FoobarException
{
    /// <summary>Creates the error.</summary>
    /// <param name="server">The server the text came from, or <see langword="null"/> for a local file.</param>
    /// <param name="source">The command or file the text came from: <c>nft -j list ruleset</c>, <c>/proc/stat</c>.</param>
    /// <param name="line">The line, counted from 1; 0 if the text as a whole is meant.</param>
    /// <param name="problem">What was expected and what stood there.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ParseException(string? server, string source, int line, string problem, Exception? innerException = null)
        : base("OutputNotUnderstood", ErrorKind.InvalidData, Compose(server, source, line, problem), innerException)
    {
        Server = server;
        Origin = source;
        Line = line;
        Problem = problem;
    }

    /// <summary>The command or file the text came from.</summary>
    public string Origin { get; }

    /// <summary>The line, counted from 1; 0 if the text as a whole is meant.</summary>
    public int Line { get; }

    /// <summary>What was expected and what stood there.</summary>
    public string Problem { get; }

    private static string Compose(string? server, string source, int line, string problem)
    {
        string place = line > 0 ? $"{source}, line {line}" : source;
        return server is null ? $"{place}: {problem}" : $"{server}: {place}: {problem}";
    }
}
