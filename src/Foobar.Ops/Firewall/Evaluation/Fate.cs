using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>What becomes of one packet.</summary>
/// <param name="Passes">Whether it passes; <see langword="null"/> if that can't be told.</param>
/// <param name="Elsewhere">Whether it does not come this way at all: a packet for the server among those it forwards.</param>
/// <param name="After">The packet as it leaves, once for each way it may be rewritten; a choice among several addresses stands for its
/// first.</param>
/// <param name="Deciders">The rules (<see cref="Model.FirewallRule"/>) and policies (<see cref="ChainPolicy"/>) that decided.</param>
internal sealed record Fate(bool? Passes, bool Elsewhere, IReadOnlyList<Packet> After, IReadOnlyList<object> Deciders);
