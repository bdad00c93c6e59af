using System.Text;

namespace Foobar.Ops.Remoting;

/// <summary>What a command of the user's gave on one server, as text and as bytes. A non-zero exit code is data, not an error.</summary>
public sealed record CommandOutput
{
    /// <summary>The server it ran on.</summary>
    public required string Server { get; init; }

    /// <summary>The command as the user wrote it.</summary>
    public required string Command { get; init; }

    /// <summary>Its exit code: 0 to 255, 128 and the signal's number if a signal ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Its standard output as UTF-8 text, without the line ends at its end, as a shell's <c>$(...)</c> gives it.</summary>
    public required string Output { get; init; }

    /// <summary>Its standard error as UTF-8 text, without the line ends at its end.</summary>
    public required string Error { get; init; }

    /// <summary>The time from sending the command to having its whole result.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Whether output was cut because there was too much of it.</summary>
    public bool Truncated { get; init; }

    /// <summary>Its standard output, byte for byte.</summary>
    public byte[] OutputBytes { get; init; } = [];

    /// <summary>Its standard error, byte for byte.</summary>
    public byte[] ErrorBytes { get; init; } = [];

    /// <summary>What a result says to the user who gave the command.</summary>
    public static CommandOutput Of(CommandResult result, string command) => new()
    {
        Server = result.Server,
        Command = command,
        ExitCode = result.ExitCode,
        Output = Text(result.Output),
        Error = Text(result.Error),
        Duration = result.Duration,
        Truncated = result.Truncated,
        OutputBytes = result.Output.ToArray(),
        ErrorBytes = result.Error.ToArray(),
    };

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span).TrimEnd('\n', '\r');
}
