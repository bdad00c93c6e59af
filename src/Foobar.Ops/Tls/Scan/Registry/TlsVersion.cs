namespace Foobar.Ops.Tls.Scan.Registry;

/// <summary>A version of SSL or TLS. The values are those of the wire; a later version is greater.</summary>
public enum TlsVersion : long
{
    /// <summary>SSL 2.0 (1995, forbidden by RFC 6176).</summary>
    Ssl20 = 0x0002,

    /// <summary>SSL 3.0 (RFC 6101, forbidden by RFC 7568).</summary>
    Ssl30 = 0x0300,

    /// <summary>TLS 1.0 (RFC 2246, deprecated by RFC 8996).</summary>
    Tls10 = 0x0301,

    /// <summary>TLS 1.1 (RFC 4346, deprecated by RFC 8996).</summary>
    Tls11 = 0x0302,

    /// <summary>TLS 1.2 (RFC 5246).</summary>
    Tls12 = 0x0303,

    /// <summary>TLS 1.3 (RFC 8446).</summary>
    Tls13 = 0x0304,
}

/// <summary>How versions are written.</summary>
internal static class TlsVersions
{
    /// <summary>All versions, the oldest first.</summary>
    public static IReadOnlyList<TlsVersion> All { get; } = Enum.GetValues<TlsVersion>();

    /// <summary>The name as people write it: <c>TLS 1.2</c>; the number for one that is not known.</summary>
    public static string Text(this TlsVersion version) => version switch
    {
        TlsVersion.Ssl20 => "SSL 2.0",
        TlsVersion.Ssl30 => "SSL 3.0",
        TlsVersion.Tls10 => "TLS 1.0",
        TlsVersion.Tls11 => "TLS 1.1",
        TlsVersion.Tls12 => "TLS 1.2",
        TlsVersion.Tls13 => "TLS 1.3",
        _ => FormattableString.Invariant($"version 0x{(long)version:X4}"),
    };
}
