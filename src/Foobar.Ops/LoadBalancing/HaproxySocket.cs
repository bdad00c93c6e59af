using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LoadBalancing;

/// <summary>
/// Speaks HAProxy's runtime API over its admin socket (HAProxy Management Guide, 9.3): one command a connection, the
/// answer ends with the connection.
/// </summary>
public static class HaproxySocket
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    private const int LongestAnswer = 16 * 1024 * 1024;

    /// <summary>
    /// Carries standard input to the socket and its answer back, for a login that may not open the socket itself: by
    /// whichever of the system's tools is there.
    /// </summary>
    private const string Carry = """
        if [ ! -S "$1" ]; then echo "no socket at $1" >&2; exit 66; fi
        if command -v socat >/dev/null 2>&1; then exec socat -t5 - "UNIX-CONNECT:$1"
        elif command -v perl >/dev/null 2>&1; then
          exec perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => shift) or die "$!\n"; $s->autoflush(1); print $s <STDIN>; print <$s>;' "$1"
        elif command -v python3 >/dev/null 2>&1; then
          exec python3 -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.stdin.buffer.read()); [sys.stdout.buffer.write(b) for b in iter(lambda: s.recv(65536), b"")]' "$1"
        else echo 'none of socat, perl and python3 is installed' >&2; exit 69; fi
        """;

    /// <summary>Sends a command and gives the answer.</summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="path">The socket's path there.</param>
    /// <param name="command">The command, one line.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>HaproxyUnreachable</c>: the socket is missing, may not be opened or nothing
    /// answers.</exception>
    public static async Task<string> AskAsync(IServerSession session, string path, string command, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            string answer = await ForwardAsync(session, path, command, limit.Token);

            // A forward to a socket that may not be opened, or is not there, ends without a word; every answer has a line.
            return answer.Length > 0 ? answer : await CarryAsync(session, path, command, cancellationToken);
        }
        catch (Exception error)
            when (error is IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Unreachable(
                session, path,
                error is IOException ? error.Message : FormattableString.Invariant($"no answer within {TimeLimit.TotalSeconds:0} s"),
                error);
        }
    }

    /// <summary>
    /// The level of the socket: <c>admin</c>, <c>operator</c> or <c>user</c> (Management Guide, "show cli level"). Only
    /// <c>admin</c> may change servers.
    /// </summary>
    /// <exception cref="FoobarException"><c>HaproxyUnreachable</c>; <c>OutputNotUnderstood</c>: it answers something else.</exception>
    public static async Task<string> LevelAsync(IServerSession session, string path, CancellationToken cancellationToken) =>
        ParseLevel(await AskAsync(session, path, LevelCommand, cancellationToken));

    /// <summary>The command that tells the level.</summary>
    internal const string LevelCommand = "show cli level";

    /// <exception cref="ParseException">It is none of the three.</exception>
    internal static string ParseLevel(string answer) => answer.Trim() is "admin" or "operator" or "user"
        ? answer.Trim()
        : throw new ParseException(null, LevelCommand, 0, $"expected admin, operator or user, found '{answer.Trim()}'.");

    private static async Task<string> ForwardAsync(IServerSession session, string path, string command, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream stream = await session.ConnectAsync(new RemoteEndpoint.UnixSocket(path), cancellationToken);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\n"), cancellationToken);
            using StreamReader reader = new(stream, Encoding.UTF8);
            return await reader.ReadToEndAsync(cancellationToken);
        }
        catch (IOException)
        {
            return "";
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection || error.ErrorId == "ForwardFailed")
        {
            return "";
        }
    }

    private static async Task<string> CarryAsync(IServerSession session, string path, string command, CancellationToken cancellationToken)
    {
        CommandResult result = await session.RunAsync(
            RemoteCommand.FromScript(Carry, path) with
            {
                Privileged = true,
                Input = Encoding.ASCII.GetBytes(command + "\n"),
                TimeLimit = TimeLimit,
                OutputCap = LongestAnswer,
            },
            cancellationToken);
        return result.ExitCode == 0 && result.Output.Length > 0
            ? result.OutputText
            : throw Unreachable(session, path, result.ErrorText.Trim() is { Length: > 0 } said ? said : "no answer", null);
    }

    private static FoobarException Unreachable(IServerSession session, string path, string problem, Exception? cause) =>
        new(
            "HaproxyUnreachable", ErrorKind.Failed,
            $"{session.Server.Name}: HAProxy's admin socket {path} gave no answer: {problem}.",
            cause)
        {
            Server = session.Server.Name,
            Recommendation =
                "Check that HAProxy runs, that its configuration has 'stats socket PATH level admin', and that "
                    + "policy.loadBalancing.adminSocket names that path.",
        };
}
