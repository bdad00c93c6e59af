using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>Reads a certificate with its chain and key from files of the operator's machine.</summary>
internal sealed class CertificateSource
{
    private readonly IKeyDriver _driver;
    private readonly Secret? _passphrase;
    private readonly List<byte[]> _certificates = [];
    private readonly List<PrivateKey> _keys = [];
    private KeyUnreadableException? _refusal;
    private string _refused = "";
    private bool _takesCertificates = true;

    private CertificateSource(IKeyDriver driver, Secret? passphrase) => (_driver, _passphrase) = (driver, passphrase);

    /// <summary>Reads a certificate.</summary>
    /// <param name="files">The files.</param>
    /// <param name="passphrase">What the key or the store is encrypted with.</param>
    /// <param name="needsKey">Whether the key must be among them; else it lies on the servers.</param>
    /// <param name="driver">Reads keys.</param>
    /// <exception cref="FoobarException"><c>CertificateFileUnreadable</c>, <c>CertificateKeyMissing</c>,
    /// <c>CertificateKeyMismatch</c>, <c>CertificatePassphraseWrong</c>.</exception>
    public static CertificateMaterial Read(SourceFiles files, Secret? passphrase, bool needsKey, IKeyDriver driver)
    {
        CertificateSource source = new(driver, passphrase);
        foreach (string path in files.All)
        {
            // What was named for its key alone may hold another certificate, too; that one is not meant.
            source._takesCertificates = path == files.Certificate || path != files.Key;
            source.Take(path, isNamed: path == files.Certificate || path == files.Key);
        }

        return source.Material(files, needsKey);
    }

    private void Take(string path, bool isNamed)
    {
        byte[] content = Content(path);
        string text = Encoding.Latin1.GetString(content);
        if (!text.Contains("-----BEGIN ", StringComparison.Ordinal))
        {
            TakeBinary(path, content);
            return;
        }

        IReadOnlyList<PemBlock> blocks = PemBlocks.Read(text);
        foreach (PemBlock block in blocks.Where(static block => block.IsCertificate))
        {
            Certificate(path, PemBlocks.Content(block) ?? throw ChangeErrors.Unreadable(path, "a certificate in it is not base 64"));
        }

        foreach (PemBlock block in blocks.Where(static block => block.IsKey))
        {
            Key(path, () => [_driver.ReadPem(block.Text, _passphrase)]);
        }

        if (isNamed && !blocks.Any(static block => block.IsCertificate || block.IsKey))
        {
            throw ChangeErrors.Unreadable(path, "it holds neither a certificate nor a private key");
        }
    }

    private void TakeBinary(string path, byte[] content)
    {
        if (IsCertificate(content))
        {
            Certificate(path, content);
            return;
        }

        Key(path, () =>
        {
            KeyStore store = _driver.ReadPkcs12(content, _passphrase);
            foreach (byte[] certificate in store.Certificates)
            {
                Certificate(path, certificate);
            }

            return store.Keys;
        });
    }

    private static bool IsCertificate(byte[] content)
    {
        try
        {
            return content.Length > 0 && X509Certificate2.GetCertContentType(content) == X509ContentType.Cert;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private void Certificate(string path, byte[] der)
    {
        if (!_takesCertificates)
        {
            return;
        }

        try
        {
            using X509Certificate2 loaded = X509CertificateLoader.LoadCertificate(der);
            _certificates.Add(loaded.RawData);
        }
        catch (CryptographicException error)
        {
            throw ChangeErrors.Unreadable(path, $"a certificate in it can't be read: {error.Message}", error);
        }
    }

    private void Key(string path, Func<IReadOnlyList<PrivateKey>> read)
    {
        try
        {
            _keys.AddRange(read());
        }
        catch (KeyUnreadableException error) when (error.IsPassphrase)
        {
            throw ChangeErrors.Passphrase(path, error.Message, error);
        }
        catch (KeyUnreadableException error)
        {
            (_refusal, _refused) = (error, path);
        }
    }

    private CertificateMaterial Material(SourceFiles files, bool needsKey)
    {
        if (_refusal is not null && (_certificates.Count == 0 || needsKey))
        {
            throw ChangeErrors.Unreadable(_refused, $"it {_refusal.Message}", _refusal);
        }

        if (_certificates.Count == 0)
        {
            throw ChangeErrors.Unreadable(files.Certificate, "it holds no certificate");
        }

        (byte[] Leaf, PrivateKey Key)[] pairs =
            [
                .. from key in _keys
                    from one in _certificates.DistinctBy(Convert.ToHexString)
                    where _driver.IsKeyOf(key.PublicKey, one)
                    select (one, key),
            ];

        // A store of an authority's own may hold its key, too.
        pairs = [.. pairs.Where(pair => !pairs.Any(other => IsIssuer(pair.Leaf, other.Leaf)))];
        byte[] leaf = pairs.Length > 0 ? pairs[0].Leaf : FindLeaf();
        if (pairs.DistinctBy(static pair => Convert.ToHexString(pair.Leaf)).Count() > 1)
        {
            throw ChangeErrors.Unreadable(
                files.Certificate, "it holds several certificates with a key each; install them one after the other");
        }

        if (needsKey && pairs.Length == 0)
        {
            using X509Certificate2 one = X509CertificateLoader.LoadCertificate(leaf);
            throw _keys.Count == 0
                ? ChangeErrors.KeyMissing(files.Certificate)
                : ChangeErrors.KeyMismatch(files.Key ?? files.Certificate, one.Subject);
        }

        (IReadOnlyList<byte[]> chain, IReadOnlyList<string> notes) = ChainOrder.Of(leaf, _certificates);
        foreach (PrivateKey other in _keys.Where(key => !needsKey || key != pairs[0].Key))
        {
            other.Dispose();
        }

        return new CertificateMaterial(chain, needsKey ? pairs[0].Key.Pem : null, notes);
    }

    private static bool IsIssuer(byte[] issuer, byte[] issued)
    {
        using X509Certificate2 one = X509CertificateLoader.LoadCertificate(issuer), other = X509CertificateLoader.LoadCertificate(issued);
        return !issuer.AsSpan().SequenceEqual(issued) && other.IssuerName.RawData.AsSpan().SequenceEqual(one.SubjectName.RawData);
    }

    // The one that issued none of the others; the first of them where there are several.
    private byte[] FindLeaf()
    {
        List<X509Certificate2> all = [.. _certificates.Select(X509CertificateLoader.LoadCertificate)];
        try
        {
            X509Certificate2 leaf = all.Find(
                one => !all.Exists(other => other != one && other.IssuerName.RawData.AsSpan().SequenceEqual(one.SubjectName.RawData)))
                ?? all[0];
            return leaf.RawData;
        }
        finally
        {
            all.ForEach(static one => one.Dispose());
        }
    }

    private static byte[] Content(string path)
    {
        const long Most = 1 << 20;
        try
        {
            return new FileInfo(path).Length <= Most
                ? File.ReadAllBytes(path)
                : throw ChangeErrors.Unreadable(path, "it is larger than 1 MiB");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ChangeErrors.Unreadable(path, $"it can't be read: {error.Message.TrimEnd('.')}", error);
        }
    }
}
