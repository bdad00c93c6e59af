using System.Text.RegularExpressions;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>A rule as findings name it, and where the kernel keeps it.</summary>
/// <param name="Family">The family of its table.</param>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Position">Its place in the chain, counted from 1.</param>
/// <param name="Handle">The kernel's handle; <see langword="null"/> for a rule of legacy iptables.</param>
internal sealed partial record NamedRule(string Family, string Table, string Chain, string Position, string? Handle)
{
    /// <summary>As the sandbox tells of rules that a packet met.</summary>
    public string Met => Handle is null ? $"{Family} {Table} {Chain} rule {Position}" : $"{Family} {Table} {Chain} handle {Handle}";

    /// <summary>The rules that a text names, in order; not those that it says the packet may or may not meet.</summary>
    public static IReadOnlyList<NamedRule> In(string text) => [.. Rule().Matches(text).Select(static match => new NamedRule(
        match.Groups["family"].Value,
        match.Groups["table"].Value,
        match.Groups["chain"].Value,
        match.Groups["position"].Value,
        match.Groups["handle"] is { Success: true } handle ? handle.Value : null))];

    [GeneratedRegex(
        @"\b(?<family>ip|ip6|inet) (?<table>\S+) (?<chain>\S+) rule (?>(?<position>\d+)(?: \(handle (?<handle>\d+)\))?)(?!: (?:unknown|at times|within a limit jump))")]
    private static partial Regex Rule();
}
