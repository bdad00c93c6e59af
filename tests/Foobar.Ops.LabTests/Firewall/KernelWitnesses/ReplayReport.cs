using System.Globalization;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>How many findings were held against the kernel, control by control, and what it did otherwise than they say.</summary>
internal sealed class ReplayReport
{
    private readonly SortedDictionary<string, int> _replayed = [];
    private readonly SortedDictionary<string, int> _withoutPacket = [];
    private readonly SortedDictionary<string, int> _obstacles = [];

    /// <summary>What the kernel did otherwise.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Findings whose packet was sent.</summary>
    public int Replayed => _replayed.Values.Sum();

    /// <summary>Findings that name a packet which the sandbox cannot send.</summary>
    public int NotReplayable => _obstacles.Values.Sum();

    /// <summary>How many findings of a control were replayed.</summary>
    public int Of(string control) => _replayed.GetValueOrDefault(control);

    /// <summary>Counts a finding whose claim was tried.</summary>
    public void Count(string control, string? failure)
    {
        _replayed[control] = Of(control) + 1;
        if (failure is not null)
        {
            Failures.Add(failure);
        }
    }

    /// <summary>Counts a finding that names no packet.</summary>
    public void CountWithoutPacket(string control) => _withoutPacket[control] = _withoutPacket.GetValueOrDefault(control) + 1;

    /// <summary>Counts a finding whose packet cannot be sent, and why.</summary>
    public void CountObstacle(string control, string why) =>
        _obstacles[$"{control} {why}"] = _obstacles.GetValueOrDefault($"{control} {why}") + 1;

    /// <summary>Adds another one's numbers.</summary>
    public void Add(ReplayReport other)
    {
        Failures.AddRange(other.Failures);
        Add(_replayed, other._replayed);
        Add(_withoutPacket, other._withoutPacket);
        Add(_obstacles, other._obstacles);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Replayed} replayed ({List(_replayed)}), {Failures.Count} failed, {NotReplayable} not replayable ({List(_obstacles)}), without a packet: {List(_withoutPacket)}");

    private static void Add(SortedDictionary<string, int> sums, SortedDictionary<string, int> numbers)
    {
        foreach ((string key, int number) in numbers)
        {
            sums[key] = sums.GetValueOrDefault(key) + number;
        }
    }

    private static string List(SortedDictionary<string, int> numbers) =>
        string.Join(", ", numbers.Select(static pair => $"{pair.Key}: {pair.Value}"));
}
