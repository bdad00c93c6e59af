using System.CommandLine;
using System.Diagnostics;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>exec</c>: runs a command on a server, or from outside.</summary>
internal static class ExecCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Argument<string> server = new(
            "server") { Description = "fw-01, lb-01, web-01, web-02, db-03, or 'outside' for the network beyond fw-01." };
        Argument<string[]> words = new(
            "command") { Description = "A shell command; its words are joined by spaces.", Arity = ArgumentArity.OneOrMore };
        Command command = new(
            "exec", "Run a shell command as root on a server, without its network and sshd. Its exit code is returned.")
            {
                name,
                server,
                words,
            };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            RaisedLab lab = RaisedLab.Open(parsed.GetValue(name)!);
            using Process process = Process.Start(lab.Prepare(parsed.GetValue(server)!, string.Join(' ', parsed.GetValue(words)!)))!;
            await process.WaitForExitAsync(cancel);
            return process.ExitCode;
        }));
        return command;
    }
}
