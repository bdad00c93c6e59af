namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>What a sample is, measured by what was expected.</summary>
public enum AnomalyKind : long
{
    /// <summary>Within what is expected.</summary>
    None,

    /// <summary>Too few samples so far: nothing is expected yet.</summary>
    Learning,

    /// <summary>Suddenly above what is expected.</summary>
    Spike,

    /// <summary>Suddenly below what is expected.</summary>
    Drop,

    /// <summary>The level of the last minutes has slowly risen above what is usual at this time.</summary>
    DriftUp,

    /// <summary>The level of the last minutes has slowly fallen below what is usual at this time.</summary>
    DriftDown,
}
