using System.Globalization;
using System.Text.Json;

namespace Foobar.Ops.Bench;

/// <summary>One comparison: ours beside what a user would pick instead, in the same run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Ours">Our figure: the median of the runs.</param>
/// <param name="Peer">The other's: the median of the runs.</param>
/// <param name="PeerName">What the other is.</param>
/// <param name="Unit">The unit of both.</param>
internal sealed record BenchResult(string Name, double Ours, double Peer, string PeerName, string Unit)
{
    /// <summary>How many times the other's figure ours goes into; above 1 we are faster.</summary>
    public double Ratio => Peer / Ours;

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture, $"{Name}: ours {Ours:0.000} {Unit}, {PeerName} {Peer:0.000} {Unit}, ratio {Ratio:0.00}");
}
