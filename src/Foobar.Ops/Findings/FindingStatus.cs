namespace Foobar.Ops.Findings;

/// <summary>What a control said of a target.</summary>
public enum FindingStatus : long
{
    /// <summary>The target is as the control wants it.</summary>
    Pass,

    /// <summary>The target is not as the control wants it.</summary>
    Fail,

    /// <summary>The target is acceptable now and will not stay so, or is weaker than it could be.</summary>
    Warning,

    /// <summary>It could not be decided: something could not be read. Never silently a pass.</summary>
    Unknown,

    /// <summary>The control does not concern this target.</summary>
    NotApplicable,
}
