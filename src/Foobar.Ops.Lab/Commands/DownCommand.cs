using System.CommandLine;
using Foobar.Ops.Lab.Images;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>down</c>: removes a lab.</summary>
internal static class DownCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Option<bool> images = new("--images") { Description = "Remove the base images too." };
        Command command = new("down", "Remove a lab: nothing of it stays but the base images.") { name, images };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            string lab = LabOptions.CheckedName(parsed.GetValue(name)!);
            bool removed = await LabRemover.RemoveAsync(lab, cancel);
            AnsiConsole.MarkupLineInterpolated($"{(removed ? $"The lab '{lab}' is removed." : $"There is no lab '{lab}'.")}");
            if (parsed.GetValue(images))
            {
                ImageStore.RemoveAll();
                AnsiConsole.MarkupLine("The base images are removed.");
            }

            return 0;
        }));
        return command;
    }
}
