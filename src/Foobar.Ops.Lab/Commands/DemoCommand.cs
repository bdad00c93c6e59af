using System.CommandLine;
using Foobar.Ops.Lab.Demo;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>demo</c>: shows what the module does, on a lab.</summary>
internal static class DemoCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Command command = new("demo", "Raise a lab, audit it, break one thing, audit again, show the difference, heal it.") { name };
        command.SetAction((parsed, cancel) => Run.GuardAsync(() =>
        {
            string lab = LabOptions.CheckedName(parsed.GetValue(name)!);
            return Demonstration.RunAsync(LabRecord.Find(lab)?.Options ?? new LabOptions { Name = lab }, cancel);
        }));
        return command;
    }
}
