namespace Foobar.Ops.Tls.Scan;

/// <summary>Whether an endpoint was seen to do something.</summary>
public enum Support : long
{
    /// <summary>It could not be told: no answer, or a connection that broke.</summary>
    Unknown,

    /// <summary>It does not.</summary>
    No,

    /// <summary>It does.</summary>
    Yes,

    /// <summary>The question does not arise.</summary>
    NotApplicable,
}

/// <summary>One thing that was asked of an endpoint.</summary>
/// <param name="Support">Whether it does it.</param>
/// <param name="Detail">What was seen, or why it could not be told.</param>
public sealed record Observed(Support Support, string? Detail = null)
{
    /// <summary>It does.</summary>
    internal static Observed Yes(string? detail = null) => new(Support.Yes, detail);

    /// <summary>It does not.</summary>
    internal static Observed No(string? detail = null) => new(Support.No, detail);

    /// <summary>It could not be told.</summary>
    internal static Observed Unknown(string reason) => new(Support.Unknown, reason);

    /// <summary>The question does not arise.</summary>
    internal static Observed NotApplicable(string reason) => new(Support.NotApplicable, reason);

    /// <summary>What was seen, or that nothing was.</summary>
    internal static Observed Of(bool value, string? detail = null) => value ? Yes(detail) : No(detail);

    /// <inheritdoc/>
    public override string ToString() => Detail is null ? $"{Support}" : $"{Support}: {Detail}";
}
