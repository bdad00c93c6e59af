using System.CommandLine;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>status</c>: what stands and how it is.</summary>
internal static class StatusCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string?> name = new("--name") { Description = "Only this lab (default: all)." };
        Command command = new(
            "status", "Show the labs of this machine and how their servers are; exit code 1 if anything is wrong.") { name };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            LabRecord[] labs = [.. LabRecord.All().Where(lab => parsed.GetValue(name) is not string wanted || lab.Options.Name == wanted)];
            if (labs.Length == 0)
            {
                AnsiConsole.MarkupLine("No such lab stands on this machine.");
                return parsed.GetValue(name) is null ? 0 : 1;
            }

            bool allWell = true;
            foreach (LabRecord lab in labs)
            {
                allWell &= await ShowAsync(lab, cancel);
            }

            return allWell ? 0 : 1;
        }));
        return command;
    }

    private static async Task<bool> ShowAsync(LabRecord lab, CancellationToken cancel)
    {
        LabPlan plan = lab.ToPlan();
        Readiness readiness = new(plan);
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{lab.Options.Name}[/]: {lab.Options.Database}{(lab.Options.Suite is DebianSuite suite ? $" on {suite}" : string.Empty)}, TLS {lab.Options.Tls}{(lab.Options.SemiSync ? ", semi-sync" : string.Empty)}{(lab.Options.Grown ? ", grown" : string.Empty)}{(lab.Options.Agents ? ", agents" : string.Empty)}{(lab.Options.Replicas > 1 ? $", {lab.Options.Replicas} replicas" : string.Empty)}{(lab.Options.Balancers > 1 ? $", {lab.Options.Balancers} load balancers" : string.Empty)}, slot {lab.Slot}, since {lab.Created:u}, inventory {plan.Files.Inventory}");
        Table table = new Table().AddColumns("Server", "Roles", "Address", "State");
        bool allWell = true;
        foreach (LabServer server in plan.Servers)
        {
            string? trouble = await readiness.ServerTroubleAsync(server, cancel);
            allWell &= trouble is null;
            table.AddRow(
                server.Name,
                string.Join(", ", server.Roles),
                string.Join(", ", server.Links.Select(link => link.V4)),
                trouble is null ? "[green]running[/]" : $"[red]{Markup.Escape(trouble)}[/]");
        }

        AnsiConsole.Write(table);
        string?[] whole =
        [
            await readiness.ReplicationTroubleAsync(cancel),
            await readiness.BalancerTroubleAsync(cancel),
            await readiness.PairTroubleAsync(cancel),
            await readiness.SiteTroubleAsync(cancel),
            await readiness.ScrapeTroubleAsync(cancel),
        ];
        foreach (string trouble in whole.OfType<string>().Concat(
            new FaultKeeper(RaisedLab.Open(lab.Options.Name)).InForce.Select(fault => $"broken on purpose: {fault.Name}")))
        {
            allWell = false;
            AnsiConsole.MarkupLineInterpolated($"[red]{trouble}[/]");
        }

        return allWell;
    }
}
