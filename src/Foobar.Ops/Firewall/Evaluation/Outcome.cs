namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>What may become of a packet at a point of its way.</summary>
internal enum OutcomeKind : byte
{
    /// <summary>It goes on to the next rule, chain or hook.</summary>
    Continue,

    /// <summary>It leaves the chain for the one that called it.</summary>
    Return,

    /// <summary>It leaves the base chain towards the next one.</summary>
    Accept,

    /// <summary>A translation was chosen for its connection; no further nat chain of the hook is asked.</summary>
    Translated,

    /// <summary>It is gone.</summary>
    Drop,
}

/// <summary>One thing that may become of a packet.</summary>
/// <param name="Kind">What becomes of it.</param>
/// <param name="Decider">The number of the rule or policy that decided, in the <see cref="OutcomeTable"/>; 0 for none.</param>
/// <param name="Transform">The number of the rewriting done on the way, in the <see cref="OutcomeTable"/>; 0 for none.</param>
/// <param name="Perhaps">Of several outcomes: whether this one is a mere possibility. Those without it all happen, one to this packet and
/// another to the next, as on both sides of a rate limit.</param>
internal readonly record struct Outcome(OutcomeKind Kind, int Decider = 0, int Transform = 0, bool Perhaps = false) : IComparable<Outcome>
{
    public int CompareTo(Outcome other)
    {
        int order = Kind.CompareTo(other.Kind);
        order = order != 0 ? order : Decider.CompareTo(other.Decider);
        order = order != 0 ? order : Transform.CompareTo(other.Transform);
        return order != 0 ? order : Perhaps.CompareTo(other.Perhaps);
    }
}
