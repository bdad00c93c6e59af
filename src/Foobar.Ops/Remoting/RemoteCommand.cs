namespace Foobar.Ops.Remoting;

/// <summary>
/// A command for a server's shell: fixed text and quoted arguments, its privilege, its input and its limits. Made only by
/// <see cref="Create"/> (every hole of the interpolated string is quoted as one word) and <see cref="FromScript"/>.
/// </summary>
public sealed record RemoteCommand
{
    private RemoteCommand(string script) => Script = script;

    /// <summary>The text the server's POSIX shell gets.</summary>
    public string Script { get; }

    /// <summary>Whether it runs as root, by <c>sudo</c> where the login is not root.</summary>
    public bool Privileged { get; init; }

    /// <summary>What it reads on standard input; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>After this time what runs on the server is ended and <c>CommandTimeout</c> is thrown.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most bytes of output and of error each that are kept; a command that gives more is ended, which is the error
    /// <c>OutputTruncated</c>.
    /// </summary>
    public int OutputCap { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Whether the caller takes the beginning of an output that is too large, and looks at <see
    /// cref="CommandResult.Truncated"/> itself.
    /// </summary>
    public bool TakesBeginning { get; init; }

    /// <summary>
    /// Whether identical commands of one <see cref="ReadingRound"/> may share one run: it only reads, and what it reads is not
    /// the moment itself.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>
    /// Whether commands of one <see cref="ReadingRound"/> that are asked for at about the same time may run in one job with it, one
    /// after another: it takes some milliseconds, prints little, and what it reads is not the moment itself.
    /// </summary>
    public bool IsShort { get; init; }

    /// <summary>
    /// The files that decide what it prints, if it reads nothing else that may change: a session that has its result runs it again
    /// in a later <see cref="ReadingRound"/> only when one of them has changed, and shares one run among those of a round.
    /// </summary>
    public CommandSources? Sources { get; init; }

    /// <summary>
    /// The program whose absence (exit code 127) is the error <c>CommandNotFound</c>; <see langword="null"/> leaves the exit code to the
    /// caller.
    /// </summary>
    public string? Requires { get; init; }

    /// <summary>A command from fixed text whose holes are quoted: <c>Create($"stat -c %s {path}")</c>.</summary>
    /// <exception cref="Errors.FoobarException"><c>ArgumentNotQuotable</c>: a hole holds a NUL.</exception>
    public static RemoteCommand Create(ShellText text) => new(text.ToString());

    /// <summary>A script that the user wrote; words in <paramref name="arguments"/> are its <c>$1</c>, <c>$2</c> ...</summary>
    /// <exception cref="Errors.FoobarException"><c>ArgumentNotQuotable</c>: the script or an argument holds a NUL.</exception>
    public static RemoteCommand FromScript(string script, params IEnumerable<string> arguments)
    {
        string words = string.Join(' ', arguments.Select(ShellText.Quote));
        return new(words.Length == 0 ? ShellText.Checked(script) : $"set -- {words}\n{ShellText.Checked(script)}");
    }
}
