using System.CommandLine;
using System.Text.Json;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Raising;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>break</c>: breaks one thing on a lab, or lists what can be broken.</summary>
internal static class BreakCommand
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Argument<string?> fault = new("fault") { Description = "The fault's name.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> list = new("--list") { Description = "List the faults: those the lab can have, or all if there is no lab." };
        Option<bool> json = new("--json") { Description = "List them as JSON: an array of {name, area, control, description}." };
        Command command = new("break", "Break one thing on a lab; 'heal' undoes it.") { name, fault, list, json };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            if (parsed.GetValue(list))
            {
                Fault[] faults =
                [
                    .. LabRecord.Find(parsed.GetValue(name)!) is LabRecord record ? FaultCatalog.For(record.Options) : FaultCatalog.All,
                ];
                if (parsed.GetValue(json))
                {
                    await parsed.InvocationConfiguration.Output.WriteLineAsync(Json(faults));
                }
                else
                {
                    Show(faults);
                }

                return 0;
            }

            string wanted = parsed.GetValue(fault) ?? throw LabException.Refused("Which fault?", "Name one, or see all with --list.");
            await new FaultKeeper(RaisedLab.Open(parsed.GetValue(name)!)).BreakAsync(FaultCatalog.Find(wanted), cancel);
            AnsiConsole.MarkupLineInterpolated(
                $"{FaultCatalog.Find(wanted).Description}. {FaultCatalog.Find(wanted).Control} must see it; 'heal {wanted}' undoes it.");
            return 0;
        }));
        return command;
    }

    private static string Json(IEnumerable<Fault> faults) => JsonSerializer.Serialize(
        faults.Select(fault => new { fault.Name, Area = fault.Area.ToString(), fault.Control, fault.Description }), Format);

    private static void Show(IEnumerable<Fault> faults)
    {
        Table table = new Table().AddColumns("Fault", "Area", "Control", "What is wrong");
        foreach (Fault fault in faults)
        {
            table.AddRow(fault.Name, fault.Area.ToString(), fault.Control, Markup.Escape(fault.Description));
        }

        AnsiConsole.Write(table);
    }
}
