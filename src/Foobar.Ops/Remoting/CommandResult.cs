using System.Text;

namespace Foobar.Ops.Remoting;

/// <summary>What a remote command gave. A non-zero exit code is data, not an error.</summary>
public sealed record CommandResult
{
    /// <summary>The server it ran on.</summary>
    public required string Server { get; init; }

    /// <summary>The command as the server's shell got it.</summary>
    public required string Command { get; init; }

    /// <summary>Its standard output, byte for byte.</summary>
    public required ReadOnlyMemory<byte> Output { get; init; }

    /// <summary>Its standard error, byte for byte.</summary>
    public required ReadOnlyMemory<byte> Error { get; init; }

    /// <summary>Its exit code: 0 to 255, 128 and the signal's number if a signal ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Whether output was cut at the command's output cap.</summary>
    public bool Truncated { get; init; }

    /// <summary>The time from sending the command to having its whole result.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>
    /// The name of the signal that ended the command, or the last program of it, as the exit code tells (128 and the signal's
    /// number; IEEE Std 1003.1-2024, 2.8.2): <c>KILL</c>; <see langword="null"/> if none did.
    /// </summary>
    public string? Signal => SignalNames.OfExitCode(ExitCode);

    /// <summary>The error of a result that is <see cref="Truncated"/>.</summary>
    /// <param name="command">The command whose result it is.</param>
    public Errors.FoobarException TooMuch(RemoteCommand command) => RemotingErrors.OutputTruncated(this, command);

    /// <summary>Standard output as UTF-8 text; bytes that are none become U+FFFD.</summary>
    public string OutputText => Encoding.UTF8.GetString(Output.Span);

    /// <summary>Standard error as UTF-8 text; bytes that are none become U+FFFD.</summary>
    public string ErrorText => Encoding.UTF8.GetString(Error.Span);
}
