using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>
/// A server that answers as scripted: the first answer whose text occurs in the command's script is given, 127 with
/// <c>not found</c> if none does. Remembers what it was asked.
/// </summary>
internal sealed class FakeServerSession(Server server) : IServerSession
{
    private readonly List<(string Part, Func<RemoteCommand, CancellationToken, Task<CommandResult>> Give)> _answers = [];
    private readonly Dictionary<RemoteEndpoint, Func<Stream>> _streams = [];

    public Server Server => server;

    /// <summary>The commands it was given, in order.</summary>
    public List<RemoteCommand> Commands { get; } = [];

    /// <summary>Answers commands that hold <paramref name="part"/> so.</summary>
    public FakeServerSession On(string part, string output, int exitCode = 0, string error = "") =>
        On(part, _ => (output, exitCode, error));

    /// <summary>Answers commands that hold <paramref name="part"/> by a function.</summary>
    public FakeServerSession On(string part, Func<RemoteCommand, (string Output, int ExitCode, string Error)> answer)
    {
        _answers.Add((part, (command, _) => Task.FromResult(Result(command, answer(command)))));
        return this;
    }

    /// <summary>Fails commands that hold <paramref name="part"/>.</summary>
    public FakeServerSession Fail(string part, FoobarException error)
    {
        _answers.Add((part, (_, _) => Task.FromException<CommandResult>(error)));
        return this;
    }

    /// <summary>Lets commands that hold <paramref name="part"/> hang until they are cancelled.</summary>
    public FakeServerSession Hang(string part)
    {
        _answers.Add((part, async (command, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return Result(command, ("", 0, ""));
        }));
        return this;
    }

    /// <summary>Gives this stream for connections to an endpoint.</summary>
    public FakeServerSession Listen(RemoteEndpoint endpoint, Func<Stream> stream)
    {
        _streams[endpoint] = stream;
        return this;
    }

    public Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        lock (Commands)
        {
            Commands.Add(command);
        }

        var answer = _answers.Find(each => command.Script.Contains(each.Part, StringComparison.Ordinal));
        return answer.Give is not null
            ? answer.Give(command, cancellationToken)
            : Task.FromResult(Result(command, ("", 127, "sh: not found\n")));
    }

    public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
        _streams.TryGetValue(endpoint, out Func<Stream>? stream)
            ? Task.FromResult(stream())
            : Task.FromException<Stream>(new FoobarException(
                "ForwardFailed", ErrorKind.Connection, $"{server}: nothing listens at {endpoint}") { Server = server.Name });

    /// <summary>Where forwards lead; nowhere if left out.</summary>
    public IForward? Forward { get; init; }

    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
        Forward is { } forward ? Task.FromResult(forward) : throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private CommandResult Result(RemoteCommand command, (string Output, int ExitCode, string Error) answer) => new()
    {
        Server = server.Name,
        Command = command.Script,
        Output = Encoding.UTF8.GetBytes(answer.Output),
        Error = Encoding.UTF8.GetBytes(answer.Error),
        ExitCode = answer.ExitCode,
        Duration = TimeSpan.FromMilliseconds(1),
    };
}
