using System.Runtime.InteropServices;
using System.Text;

namespace Foobar.Ops.Remoting;

/// <summary>What a command of the user's gave on one server, as text and as bytes. A non-zero exit code is data, not an error.</summary>
public sealed record CommandOutput
{
    private string? _output;
    private string? _error;

    /// <summary>The server it ran on.</summary>
    public required string Server { get; init; }

    /// <summary>The command as the user wrote it.</summary>
    public required string Command { get; init; }

    /// <summary>Its exit code: 0 to 255, 128 and the signal's number if a signal ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>
    /// The name of the signal that ended it, or the last program of it, as the exit code tells: KILL, TERM ...; <see
    /// langword="null"/> if none did.
    /// </summary>
    public string? Signal => SignalNames.OfExitCode(ExitCode);

    /// <summary>Its standard output as UTF-8 text, without the line ends at its end, as a shell's <c>$(...)</c> gives it.</summary>
    public string Output
    {
        get => _output ??= Text(OutputBytes);
        init => _output = value;
    }

    /// <summary>Its standard error as UTF-8 text, without the line ends at its end.</summary>
    public string Error
    {
        get => _error ??= Text(ErrorBytes);
        init => _error = value;
    }

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
        Duration = result.Duration,
        Truncated = result.Truncated,
        OutputBytes = Bytes(result.Output),
        ErrorBytes = Bytes(result.Error),
    };

    // Large output stands in memory once: as the session gave it.
    private static byte[] Bytes(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment) && segment.Array is byte[] whole && whole.Length == bytes.Length
            ? whole
            : bytes.ToArray();

    // The line ends are left out before the text is made, not after: a copy of it may be large.
    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes.AsSpan().TrimEnd("\r\n"u8));
}
