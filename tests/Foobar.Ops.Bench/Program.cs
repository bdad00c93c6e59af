using System.CommandLine;
using Foobar.Ops.Bench;
using Foobar.Ops.Lab.Host;

if (args is [RulesetJudge.Command, var listing, var times, .. var before])
{
    RulesetJudge.Run(listing, int.Parse(times, System.Globalization.CultureInfo.InvariantCulture), before.FirstOrDefault());
    return 0;
}

if (args is [DatabaseBench.Command, var path, var server, var warm])
{
    await DatabaseBench.OpenAsync(path, server, bool.Parse(warm));
    return 0;
}

Argument<string> name = new(
    "name") { Description = $"The benchmark: {string.Join(", ", Benchmarks.All.Select(each => each.Name))}; or all." };
name.AcceptOnlyFromAmong([.. Benchmarks.All.Select(each => each.Name), "all"]);
Option<bool> json = new(
    "--json") { Description = "One JSON object a line: name, ours, peer, peerName, ratio (peer by ours: above 1 we are faster), unit." };
Option<FileInfo?> inventory = new(
    "--inventory") { Description = "The inventory of a site to measure on; left out, a lab is raised and removed." };

RootCommand root = new("Measures Foobar.Ops beside what its users would pick instead, in one run.") { name, json, inventory };
root.SetAction(async (result, cancel) =>
{
    string chosen = result.GetRequiredValue(name);
    await HostSetup.EnsureAsync(HostPrograms.Benchmarks, new Progress<string>(Console.Error.WriteLine), cancel);
    await using BenchSite site = new(result.GetValue(inventory)?.FullName);
    foreach (Benchmark benchmark in Benchmarks.All.Where(each => chosen == "all" || each.Name == chosen))
    {
        await foreach (BenchResult measured in benchmark.Run(site, cancel))
        {
            Console.WriteLine(result.GetValue(json) ? measured.ToJson() : measured.ToString());
        }
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();
