namespace Foobar.Ops.Tls.Caa;

/// <summary>A record that says which authorities may issue certificates for a name (CAA; RFC 8659, 4).</summary>
/// <param name="IsCritical">Whether an authority that does not know the property must not issue.</param>
/// <param name="Tag">The property: <c>issue</c>, <c>issuewild</c>, <c>iodef</c> ...</param>
/// <param name="Value">Its value: <c>letsencrypt.org</c>, with parameters behind a semicolon.</param>
public sealed record CaaRecord(bool IsCritical, string Tag, string Value)
{
    /// <summary>The authority that an <c>issue</c> or <c>issuewild</c> names; empty where it allows none.</summary>
    public string Issuer => Value.Split(';')[0].Trim().ToLowerInvariant();
}

/// <summary>The records that hold for a name: its own, or those of the nearest name above it that has any (RFC 8659, 3).</summary>
/// <param name="Name">The name.</param>
/// <param name="Owner">The name that has them; <see langword="null"/> if none has.</param>
/// <param name="Records">The records.</param>
public sealed record CaaSet(string Name, string? Owner, IReadOnlyList<CaaRecord> Records);
