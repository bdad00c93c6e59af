using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Offers;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>A certificate to be installed, with its chain and its key.</summary>
internal sealed class CertificateMaterial : IDisposable
{
    private readonly X509Certificate2 _leaf;

    /// <summary>Takes a chain and a key.</summary>
    /// <param name="chain">The certificates that a server sends, leaf first, in DER.</param>
    /// <param name="key">The leaf's key as PKCS#8 in PEM; <see langword="null"/> if it lies on the servers.</param>
    /// <param name="notes">What was put right, a line each.</param>
    public CertificateMaterial(IReadOnlyList<byte[]> chain, Secret? key, IReadOnlyList<string> notes)
    {
        (Chain, Key) = (chain, key);
        _leaf = X509CertificateLoader.LoadCertificate(chain[0]);
        Leaf = CertificateReader.Read(_leaf);
        Notes = [.. notes, .. EarlyEnds()];
    }

    /// <summary>What the certificate says.</summary>
    public Certificate Leaf { get; }

    /// <summary>The certificates that a server sends, leaf first, in DER.</summary>
    public IReadOnlyList<byte[]> Chain { get; }

    /// <summary>The key; <see langword="null"/> if it lies on the servers.</summary>
    public Secret? Key { get; }

    /// <summary>What was put right in what was given, and which authority of the chain ends before the certificate; a line each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The kind of key that a client asks for it by; <see langword="null"/> for ML-DSA and others.</summary>
    public KeyKind? Kind => KeyKind.All.FirstOrDefault(kind => kind.Is(Leaf));

    /// <summary>The SubjectPublicKeyInfo in DER.</summary>
    public byte[] PublicKey => _leaf.PublicKey.ExportSubjectPublicKeyInfo();

    /// <summary>The chain in PEM.</summary>
    public string ChainPem => string.Concat(Chain.Select(static certificate => PemBlocks.Write("CERTIFICATE", certificate)));

    /// <summary>What a server is sent: chain and key in PEM.</summary>
    public byte[] ToBytes() => Encoding.ASCII.GetBytes(ChainPem + (Key is null ? "" : Key.Reveal().TrimEnd() + "\n"));

    /// <summary>How many bytes a server is sent.</summary>
    public int ToSize()
    {
        byte[] bytes = ToBytes();
        CryptographicOperations.ZeroMemory(bytes);
        return bytes.Length;
    }

    /// <summary>
    /// Why the chain does not lead to a trusted authority; empty if it does. Where the platform does not know the leaf's kind of
    /// key (ML-DSA before OpenSSL 3.5), the leaf's signature is checked by the driver, and the rest by the platform.
    /// </summary>
    /// <param name="authorities">Which authorities to trust.</param>
    /// <param name="driver">Checks such a signature.</param>
    /// <param name="time">The time.</param>
    public IReadOnlyList<string> ChainProblems(TrustedAuthorities authorities, IKeyDriver driver, DateTimeOffset time)
    {
        X509Certificate2Collection others = [.. Chain.Skip(1).Select(X509CertificateLoader.LoadCertificate)];
        try
        {
            BuiltChain chain = authorities.Build(_leaf, others, time);
            return !chain.IsUndecided ? chain.Problems
                : others.Count == 0 ? [.. chain.Problems, "its issuer is not given"]
                : !driver.IsSignedBy(Chain[0], Chain[1]) ? [$"it was not signed with the key of '{others[0].Subject}'"]
                : time < others[0].NotBefore.ToUniversalTime() || time > others[0].NotAfter.ToUniversalTime()
                    ? [$"'{others[0].Subject}' is out of its dates"]
                : [.. CertificatePurpose.Problems([_leaf]), .. authorities.Problems(others[0], [.. others.Skip(1)], time)];
        }
        finally
        {
            foreach (X509Certificate2 other in others)
            {
                other.Dispose();
            }
        }
    }

    /// <summary>Overwrites the key.</summary>
    public void Dispose()
    {
        Key?.Dispose();
        _leaf.Dispose();
    }

    // Clients refuse the chain from then on, whatever the certificate says.
    private IEnumerable<string> EarlyEnds()
    {
        foreach (byte[] one in Chain.Skip(1))
        {
            using X509Certificate2 authority = X509CertificateLoader.LoadCertificate(one);
            if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData)
                && authority.NotAfter < _leaf.NotAfter)
            {
                yield return FormattableString.Invariant(
                    $"the authority '{authority.Subject}' ends on {authority.NotAfter.ToUniversalTime():yyyy-MM-dd}, before the certificate");
            }
        }
    }
}
