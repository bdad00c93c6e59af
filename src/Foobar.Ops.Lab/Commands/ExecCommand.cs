using System.CommandLine;
using System.Diagnostics;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>exec</c>: runs a command on a server, or from outside.</summary>
internal static class ExecCommand
{
    private const string Outside = "outside";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Argument<string> server = new("server") { Description = $"fw-01, lb-01, web-01, web-02, or '{Outside}' for the network beyond fw-01." };
        Argument<string[]> words = new("command") { Description = "A shell command; its words are joined by spaces.", Arity = ArgumentArity.OneOrMore };
        Command command = new("exec", "Run a shell command as root on a server, without its network and sshd. Its exit code is returned.") { name, server, words };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            string lab = LabOptions.CheckedName(parsed.GetValue(name)!);
            LabPlan plan = LabRecord.Find(lab)?.ToPlan() ?? throw LabException.NotFound($"There is no lab '{lab}'.", "Raise it first with 'up'.");
            string line = string.Join(' ', parsed.GetValue(words)!);
            ProcessStartInfo start = parsed.GetValue(server) == Outside
                ? new ProcessStartInfo("ip", ["netns", "exec", NetworkNames.Outside(lab), "sh", "-c", line])
                : new ProcessStartInfo("nsenter", new Container(lab, plan.Find(parsed.GetValue(server)!)).Enter(line));
            using Process process = Process.Start(start)!;
            await process.WaitForExitAsync(cancel);
            return process.ExitCode;
        }));
        return command;
    }
}
