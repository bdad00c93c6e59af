using System.CommandLine;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Host;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>heal</c>: undoes what <c>break</c> broke.</summary>
internal static class HealCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Argument<string?> fault = new("fault") { Description = "The fault's name.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> all = new("--all") { Description = "Undo all faults that are in force." };
        Command command = new("heal", "Undo a fault, and wait until all of the lab works again once none is left.") { name, fault, all };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            FaultKeeper keeper = new(RaisedLab.Open(parsed.GetValue(name)!));
            if (parsed.GetValue(all))
            {
                await keeper.HealAllAsync(cancel);
            }
            else
            {
                await keeper.HealAsync(
                    FaultCatalog.Find(parsed.GetValue(fault) ?? throw LabException.Refused("Which fault?", "Name one, or use --all.")),
                    cancel);
            }

            string left = string.Join(", ", keeper.InForce.Select(one => one.Name));
            AnsiConsole.MarkupLineInterpolated($"{(left.Length == 0 ? "Healed; all of the lab works." : $"Healed. Still broken: {left}")}");
            return 0;
        }));
        return command;
    }
}
