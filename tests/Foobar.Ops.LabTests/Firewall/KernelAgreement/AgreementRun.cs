using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>Holds the model against the kernel, ruleset by ruleset, in one sandbox.</summary>
internal sealed class AgreementRun(Sandbox box)
{
    private const int ProbesPerRuleset = 48;
    private const int MostDisagreements = 5;

    /// <summary>Pairs of ruleset and packet of which model and kernel say the same.</summary>
    public int Agreed { get; private set; }

    /// <summary>Pairs of which the model can't tell.</summary>
    public int Unknown { get; private set; }

    /// <summary>Pairs that agree only where the packet is the first one, since earlier packets' translations took what it needs.</summary>
    public int Interfered { get; private set; }

    /// <summary>Rulesets that the tools took.</summary>
    public int Rulesets { get; private set; }

    /// <summary>How often the kernel did what.</summary>
    public Dictionary<Outcome, int> Outcomes { get; } = [];

    /// <summary>What they say different things of, made as small as it goes.</summary>
    public List<Disagreement> Disagreements { get; } = [];

    /// <summary>Sends random probes through a ruleset.</summary>
    public void Run(string name, GeneratedRuleset ruleset, Random random)
    {
        List<Probe> probes = Probes(ruleset, random);
        box.Reset(probes);
        if (box.Load(ruleset) is { } error)
        {
            throw new InvalidOperationException($"{name} was refused: {error}\n{ruleset}");
        }

        Rulesets++;
        Disagreement[] found = [.. Compare(name, ruleset, probes).ToArray().Select(Again).OfType<Disagreement>()];
        Disagreements.AddRange(found.Take(1).Select(found => Shrinker.Shrink(found, candidate => Alone(found, candidate))));
    }

    /// <summary>Whether there is so much amiss that more of it would tell nothing.</summary>
    public bool HasEnough => Disagreements.Count >= MostDisagreements;

    private static List<Probe> Probes(GeneratedRuleset ruleset, Random random)
    {
        ProbeMaker maker = new(random, ruleset.Atoms);
        return [.. Enumerable.Range(1, ProbesPerRuleset)
            .Select(
                id => maker.Make(
                    (ushort)id, ruleset.Drafts.Count > 0 && random.Next(3) > 0 ? ruleset.Drafts[random.Next(ruleset.Drafts.Count)] : null))
            .DistinctBy(static probe => probe.Connection)];
    }

    private IEnumerable<Disagreement> Compare(string name, GeneratedRuleset ruleset, IReadOnlyList<Probe> probes)
    {
        EvaluatedRuleset model = EvaluatedRuleset.Read(ruleset);
        HashSet<string> connections = [.. probes.Where(static probe => probe.Prelude.Count > 0).Select(static probe => probe.Connection)];
        foreach (Probe probe in probes)
        {
            // What an earlier probe's translation has made a part of its connection is no first packet any more.
            if (probe.Prelude.Count == 0 && connections.Contains(probe.Connection))
            {
                continue;
            }

            Observation seen = box.Observe(probe);
            bool portTaken = seen.Packet is { } packet
                && !connections.Add(
                    Probe.KeyOf(packet.Protocol, packet.Source, probe.SourcePort, packet.Destination, packet.DestinationPort));
            Remember(connections, probe, seen);
            if (Disagree(model, probe, seen, portTaken) is { } prediction)
            {
                yield return new Disagreement(name, ruleset, probe, seen, prediction);
            }
        }
    }

    private IPrediction? Disagree(EvaluatedRuleset model, Probe probe, Observation seen, bool portTaken)
    {
        Outcomes[seen.Outcome] = Outcomes.GetValueOrDefault(seen.Outcome) + 1;
        IPrediction prediction = model.Predict(probe);
        if (prediction.IsUnknown || prediction.LeavesView)
        {
            Unknown += prediction.IsUnknown ? 1 : 0;
            return null;
        }

        if (prediction.Agrees(seen, portTaken))
        {
            Agreed++;
            return null;
        }

        return prediction;
    }

    private static void Remember(HashSet<string> connections, Probe probe, Observation seen)
    {
        connections.Add(probe.Connection);
        if (seen.Packet is { } packet)
        {
            connections.Add(
                Probe.KeyOf(
                    packet.Protocol, packet.Source, packet.SourcePort, packet.Destination,
                    probe.HasPorts ? packet.DestinationPort : probe.Id));
        }
    }

    // Two connections that a translation makes alike leave the second no address or port: that is no matter of the rules.
    // What the rules do, they do to the packet alone as well.
    private Disagreement? Again(Disagreement found)
    {
        Disagreement? alone = Alone(found, found.Ruleset);
        Interfered += alone is null ? 1 : 0;
        return alone;
    }

    private Disagreement? Alone(Disagreement found, GeneratedRuleset candidate)
    {
        box.Reset([found.Probe]);
        if (box.Load(candidate) is not null)
        {
            return null;
        }

        EvaluatedRuleset model = EvaluatedRuleset.Read(candidate);
        Observation seen = box.Observe(found.Probe);
        IPrediction prediction = model.Predict(found.Probe);
        return prediction.IsUnknown || prediction.LeavesView || prediction.Agrees(seen, anyPort: false)
            ? null
            : found with { Ruleset = candidate, Kernel = seen, Model = prediction };
    }
}
