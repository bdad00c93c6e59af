using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Remoting;

/// <summary>The text of a streamed command for the login shell, whichever that is.</summary>
internal static class StreamedCommand
{
    /// <summary>The text: one word for <c>sh -c</c>, as root where asked for.</summary>
    /// <param name="command">The command.</param>
    /// <param name="mark">What the session knows it by.</param>
    /// <param name="askPassword">Whether sudo reads a password, as the first line of the input, where the login is not root.</param>
    public static string Text(RemoteCommand command, StreamMark mark, bool askPassword)
    {
        string run = ShellEnvironment.Streamed(command.Script, mark);
        if (!command.Privileged)
        {
            return $"exec {run}";
        }

        // Root takes the password's line off the input itself, so that what follows is the same either way.
        string asRoot = askPassword ? $"read -r _; exec {run}" : $"exec {run}";
        string sudo = askPassword ? "sudo -S -p ''" : "sudo -n";
        return $"exec sh -c {ShellText.Quote($"if [ \"$(id -u)\" = 0 ]; then {asRoot}; fi; exec {sudo} -- {run}")}";
    }
}
