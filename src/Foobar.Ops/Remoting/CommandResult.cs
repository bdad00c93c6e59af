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

    /// <summary>Standard output as UTF-8 text; bytes that are none become U+FFFD.</summary>
    public string OutputText => Encoding.UTF8.GetString(Output.Span);

    /// <summary>Standard error as UTF-8 text; bytes that are none become U+FFFD.</summary>
    public string ErrorText => Encoding.UTF8.GetString(Error.Span);
}
