using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Bench;

Dictionary<string, Func<string, Task<BenchResult>>> benches = new(StringComparer.Ordinal)
{
    ["audit"] = AuditBench.RunAsync,
};

Argument<string> name = new("name") { Description = "What to measure." };
name.AcceptOnlyFromAmong([.. benches.Keys]);
Option<string> inventory = new("--inventory")
{
    Description = "The inventory of a raised lab; the environment's FOOBAR_INVENTORY unless told.",
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FOOBAR_INVENTORY") ?? "foobar.json",
};
Option<bool> json = new("--json") { Description = "One JSON object a line." };
RootCommand root = new("Measures the module beside what a user would pick instead, in one run.") { name, inventory, json };
root.SetAction(async parsed =>
{
    BenchResult result = await benches[parsed.GetRequiredValue(name)](parsed.GetRequiredValue(inventory));
    Console.WriteLine(parsed.GetValue(json)
        ? JsonSerializer.Serialize(result, JsonSerializerOptions.Web)
        : string.Create(CultureInfo.InvariantCulture, $"{result.Name}: ours {result.Ours:0.000} {result.Unit}, {result.PeerName} {result.Peer:0.000} {result.Unit}, ratio {result.Ratio:0.0}"));
});
return await root.Parse(args).InvokeAsync();
