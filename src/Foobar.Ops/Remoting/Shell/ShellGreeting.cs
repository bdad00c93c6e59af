namespace Foobar.Ops.Remoting.Shell;

/// <summary>What a shell says once it has read the runner.</summary>
/// <param name="IsRoot">Whether the login is root.</param>
/// <param name="Directory">Where the runner keeps output on the server.</param>
internal sealed record ShellGreeting(bool IsRoot, string Directory)
{
    /// <summary>Reads <c>uid directory</c>.</summary>
    public static ShellGreeting Parse(string text, string server) => text.Split(' ', 2) switch
    {
        [_, "-"] => throw RemotingErrors.SpoolUnavailable(server),
        [string uid, string directory] => new ShellGreeting(uid == "0", directory),
        _ => throw new InvalidDataException($"The shell's greeting is not understood: '{text}'."),
    };
}
