using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>
/// Short commands that are asked for at about the same time run one after another in one job: a job costs a server more than most
/// of them. Each runs in a subshell and has its own output, error and exit code. One that hangs, or prints too much, costs the others
/// ten seconds: then each is run by itself.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="limit">Ends all of them.</param>
internal sealed class JoinedCommands(IServerSession server, CancellationToken limit)
{
    /// <summary>How long the first one waits for others.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(3);

    /// <summary>More than these go to another job, which runs beside.</summary>
    private const int MostTogether = 8;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    // The mark is on a line of its own behind each output: the line feed before it is ours too.
    private const string Script = """
        __fb_mark=$1
        shift
        for __fb_script; do
          (set --; eval "$__fb_script") </dev/null
          printf '\n%s %s\n' "$__fb_mark" "$?"
          printf '\n%s\n' "$__fb_mark" >&2
        done
        """;

    private readonly Lock _lock = new();
    private List<Waiting>? _waiting;

    /// <summary>Runs a command, with those that are asked for meanwhile.</summary>
    /// <param name="command">The command; all of one instance have the same privilege.</param>
    public Task<CommandResult> RunAsync(RemoteCommand command)
    {
        Waiting waiting = new(command);
        bool isFirst;
        lock (_lock)
        {
            isFirst = _waiting is null;
            (_waiting ??= []).Add(waiting);
        }

        if (isFirst)
        {
            _ = RunAllAsync();
        }

        return waiting.Result.Task;
    }

    private async Task RunAllAsync()
    {
        await Task.Delay(Window, CancellationToken.None).ConfigureAwait(false);
        Waiting[] all;
        lock (_lock)
        {
            all = [.. _waiting!];
            _waiting = null;
        }

        await Task.WhenAll(all.Chunk(MostTogether).Select(RunAsync)).ConfigureAwait(false);
    }

    private async Task RunAsync(Waiting[] some)
    {
        try
        {
            if (some.Length == 1 || !await TryTogetherAsync(some).ConfigureAwait(false))
            {
                await Task.WhenAll(some.Select(RunAloneAsync)).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            foreach (Waiting waiting in some)
            {
                waiting.Result.TrySetException(error);
            }
        }
    }

    private async Task RunAloneAsync(Waiting waiting)
    {
        try
        {
            waiting.Result.TrySetResult(await server.RunAsync(waiting.Command, limit).ConfigureAwait(false));
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            waiting.Result.TrySetException(error);
        }
    }

    private async Task<bool> TryTogetherAsync(Waiting[] all)
    {
        string mark = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        RemoteCommand joined = RemoteCommand.FromScript(Script, all.Select(static waiting => waiting.Command.Script).Prepend(mark)) with
        {
            Privileged = all[0].Command.Privileged, TimeLimit = TimeLimit,
        };
        CommandResult result;
        try
        {
            result = await server.RunAsync(joined, limit).ConfigureAwait(false);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return false;
        }

        if (Split(result, mark, all) is not { } parts)
        {
            return false;
        }

        foreach ((Waiting waiting, CommandResult part) in all.Zip(parts))
        {
            waiting.Result.TrySetResult(part);
        }

        return true;
    }

    /// <summary>Takes a joined result apart; <see langword="null"/> if it is not whole.</summary>
    private static CommandResult[]? Split(CommandResult result, string mark, Waiting[] all)
    {
        ReadOnlyMemory<byte>[] outputs = [.. Pieces(result.Output, mark)], errors = [.. Pieces(result.Error, mark)];
        if (result.Truncated || outputs.Length != all.Length + 1 || errors.Length != all.Length + 1)
        {
            return null;
        }

        CommandResult[] parts = new CommandResult[all.Length];
        for (int index = 0; index < all.Length; index++)
        {
            // " CODE\n" stands before the output of the next one.
            ReadOnlyMemory<byte> told = outputs[index + 1];
            int end = told.Span.IndexOf((byte)'\n');
            if (end < 0 || !int.TryParse(told.Span[..end], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out int code))
            {
                return null;
            }

            outputs[index + 1] = told[(end + 1)..];
            parts[index] = result with
            {
                Command = all[index].Command.Script,
                Output = outputs[index],
                Error = index == 0 ? errors[index] : errors[index][1..],
                ExitCode = code,
                Duration = result.Duration / all.Length,
            };
        }

        return parts;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> bytes, string mark)
    {
        byte[] between = Encoding.ASCII.GetBytes($"\n{mark}");
        for (int at = bytes.Span.IndexOf(between); at >= 0; at = bytes.Span.IndexOf(between))
        {
            yield return bytes[..at];
            bytes = bytes[(at + between.Length)..];
        }

        yield return bytes;
    }

    private sealed class Waiting(RemoteCommand command)
    {
        public RemoteCommand Command => command;

        public TaskCompletionSource<CommandResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
