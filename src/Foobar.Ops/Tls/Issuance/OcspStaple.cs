namespace Foobar.Ops.Tls.Issuance;

/// <summary>What an authority says of a certificate (RFC 6960, 2.2).</summary>
public enum RevocationStatus : long
{
    /// <summary>It knows the certificate and has not revoked it.</summary>
    Good,

    /// <summary>It has revoked it.</summary>
    Revoked,

    /// <summary>It does not know it, or gave no answer that can be read.</summary>
    Unknown,
}

/// <summary>An OCSP response that a server sent along with its certificate (a staple; RFC 6066, 8; RFC 6960).</summary>
public sealed record OcspStaple
{
    /// <summary>What it says.</summary>
    public required RevocationStatus Status { get; init; }

    /// <summary>From when this is known, in UTC; <see langword="null"/> where it could not be read.</summary>
    public DateTimeOffset? ThisUpdate { get; init; }

    /// <summary>Until when it holds, in UTC; <see langword="null"/> where newer information is always there.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>When the certificate was revoked, in UTC; <see langword="null"/> if it was not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>
    /// Whether the certificate's issuer, or one whom it charged with that, signed it; <see langword="null"/> where this could
    /// not be verified: the issuer was not presented, or the signature is of a kind that this system can't verify.
    /// </summary>
    public bool? IsAuthentic { get; init; }

    /// <summary>
    /// Why a client can't use it: malformed, of another certificate, refused by the responder; <see langword="null"/> if it can.
    /// </summary>
    public string? Problem { get; init; }

    /// <summary>The timestamps of logs that came in it.</summary>
    public IReadOnlyList<SignedTimestamp> Timestamps { get; init; } = [];

    /// <summary>Whether it holds at a time.</summary>
    public bool HoldsAt(DateTimeOffset time) => ThisUpdate <= time && (NextUpdate is null || time <= NextUpdate);

    /// <summary>What it says in a few words.</summary>
    public override string ToString() => Problem is null
        ? FormattableString.Invariant($"{Status}{(NextUpdate is { } until ? $" until {until:yyyy-MM-dd HH:mm} UTC" : "")}")
        : $"unusable: {Problem}";
}
