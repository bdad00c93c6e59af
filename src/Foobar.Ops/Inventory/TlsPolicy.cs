using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>Where TLS ends, and how good certificates and handshakes must be.</summary>
public sealed record TlsPolicy
{
    /// <summary>The role whose servers present the site's certificate to visitors.</summary>
    public Role EndsAt { get; init; } = Role.LoadBalancer;

    /// <summary>What stands behind a load balancer that ends TLS.</summary>
    public BackendEncryption Backends { get; init; } = BackendEncryption.Plain;

    /// <summary>What stands on connections to the database: the application's and the replicas'.</summary>
    public BackendEncryption Database { get; init; } = BackendEncryption.Tls;

    /// <summary>Whether the application verifies the database's certificate, which no server shows.</summary>
    public bool ApplicationVerifies { get; init; }

    /// <summary>
    /// The profile of Mozilla's server side TLS guidelines that handshakes must keep: <c>modern</c>, <c>intermediate</c>, <c>old</c>.
    /// </summary>
    public string Profile { get; init; } = "intermediate";

    /// <summary>Days before expiry from which a certificate is a warning.</summary>
    public int WarnDays { get; init; } = 30;

    /// <summary>Days before expiry from which a certificate fails.</summary>
    public int FailDays { get; init; } = 14;

    /// <summary>The TCP port visitors use.</summary>
    public int Port { get; init; } = 443;

    /// <summary>Host names the certificate must cover besides the site's own.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>
    /// The authorities that may issue the site's certificates, by the domain names of CAA records (<c>letsencrypt.org</c>); empty
    /// where the policy leaves that open, and DNS is not asked.
    /// </summary>
    public IReadOnlyList<string> Issuers { get; init; } = [];

    /// <summary>
    /// The path of a PEM file with the authorities to trust instead of the operator's system store; <see langword="null"/>
    /// for the system store. An inventory may give it relative to itself; the loader makes it absolute.
    /// </summary>
    public string? TrustedAuthorities { get; init; }
}

/// <summary>What stands on connections behind the point where TLS ends: to the web servers, or to the database.</summary>
public enum BackendEncryption : long
{
    /// <summary>Plain text.</summary>
    [JsonStringEnumMemberName("plain")]
    Plain,

    /// <summary>TLS, the server's certificate verified.</summary>
    [JsonStringEnumMemberName("tls")]
    Tls,

    /// <summary>TLS, both sides' certificates verified.</summary>
    [JsonStringEnumMemberName("mutual-tls")]
    MutualTls,
}
