using System.CommandLine;

namespace Foobar.Ops.Lab.Commands;

/// <summary>The program's commands.</summary>
internal static class LabCommand
{
    /// <summary>The whole command tree.</summary>
    public static RootCommand Create() =>
        new("Raises, breaks, heals and removes a live three-server lab of www.foobar.com on this machine.")
        {
            DemoCommand.Create(),
            UpCommand.Create(),
            DownCommand.Create(),
            StatusCommand.Create(),
            ExecCommand.Create(),
            BreakCommand.Create(),
            HealCommand.Create(),
        };
}
