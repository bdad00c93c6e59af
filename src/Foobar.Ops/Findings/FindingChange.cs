namespace Foobar.Ops.Findings;

/// <summary>What became of a finding since a baseline.</summary>
public enum FindingChange : long
{
    /// <summary>It was not there, or not as bad.</summary>
    New,

    /// <summary>It was there, and is no more.</summary>
    Mended,
}
