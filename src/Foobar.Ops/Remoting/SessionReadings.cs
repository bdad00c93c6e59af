using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Remoting;

/// <summary>Runs a command for one fact: what goes wrong with it is the reading's failure, so that other facts stay usable.</summary>
public static class SessionReadings
{
    private const int ExcerptLength = 300;

    /// <summary>Runs a command that must exit with 0 and parses its output.</summary>
    /// <param name="session">The server.</param>
    /// <param name="command">The command.</param>
    /// <param name="parse">From the output to the fact; its <see cref="FoobarException"/>s become the reading's failure.</param>
    /// <param name="source">What the reading names as its source; the command itself if left out.</param>
    /// <param name="cancellationToken">Cancels, on the server too.</param>
    /// <exception cref="FoobarException">The connection was lost: of kind <see cref="ErrorKind.Connection"/>.</exception>
    public static Task<Reading<T>> ReadAsync<T>(
        this IServerSession session,
        RemoteCommand command,
        Func<string, T> parse,
        string? source = null,
        CancellationToken cancellationToken = default) =>
        session.ReadResultAsync(command, result => parse(Succeeded(result, source).OutputText), source, cancellationToken);

    /// <summary>Runs a command and makes a fact of its whole result, whatever its exit code.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static async Task<Reading<T>> ReadResultAsync<T>(
        this IServerSession session,
        RemoteCommand command,
        Func<CommandResult, T> parse,
        string? source = null,
        CancellationToken cancellationToken = default)
    {
        string origin = source ?? command.Script;
        try
        {
            return Reading.Of(parse(await session.RunAsync(command, cancellationToken)), origin);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<T>(error.Message, origin);
        }
    }

    /// <summary>The result, if the command exited with 0 and nothing of its output was cut.</summary>
    /// <exception cref="FoobarException"><c>CommandFailed</c>, <c>OutputTruncated</c>.</exception>
    public static CommandResult Succeeded(CommandResult result, string? source = null)
    {
        string name = source ?? result.Command;
        if (result.ExitCode != 0)
        {
            string said = Excerpt(result.ErrorText);
            throw new FoobarException(
                "CommandFailed", ErrorKind.Failed,
                $"{result.Server}: '{name}' exited with {result.ExitCode}{(said.Length == 0 ? "." : $": {said}")}")
                {
                    Server = result.Server,
                };
        }

        return result.Truncated
            ? throw new FoobarException(
                "OutputTruncated", ErrorKind.InvalidData,
                $"{result.Server}: '{name}' gave more output than is taken ({result.Output.Length} bytes); what is missing can't be "
                    + "judged.")
                {
                    Server = result.Server,
                }
            : result;
    }

    private static string Excerpt(string text)
    {
        string trimmed = text.Trim();
        return trimmed.Length <= ExcerptLength ? trimmed : trimmed[..ExcerptLength] + " ...";
    }
}
