using System.Collections.Concurrent;
using System.Security.Cryptography;
using Foobar.Ops.Remoting;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Security;

namespace Foobar.Ops.Drivers.Ssh.Logins;

/// <summary>A private key file: what it can sign with, or why it can't be used.</summary>
/// <param name="Path">The file.</param>
/// <param name="Key">The key with its certificate; <see langword="null"/> if it can't be used.</param>
/// <param name="Problem">Why not.</param>
internal sealed record LoadedKey(string Path, PrivateKeyFile? Key, string? Problem);

/// <summary>Reads private key files, each once: unlocking one takes long on purpose.</summary>
/// <param name="passphrase">The passphrase of encrypted ones; <see langword="null"/> if there is none.</param>
internal sealed class KeyRing(Secret? passphrase) : IDisposable
{
    private readonly ConcurrentDictionary<(string Path, string? Certificate), Lazy<LoadedKey>> _keys = new();

    /// <summary>The keys of the files that are there, each with every certificate that belongs to it.</summary>
    public IReadOnlyList<LoadedKey> Load(IEnumerable<string> identities, IReadOnlyList<string> certificates)
    {
        List<LoadedKey> keys = [];
        foreach (string path in identities.Where(File.Exists))
        {
            string[] own = [.. certificates.Append(path + "-cert.pub").Where(File.Exists)];
            LoadedKey? certified = own.Select(certificate => Load(path, certificate)).FirstOrDefault(key => key.Key is not null);
            keys.Add(certified ?? Load(path, null));
        }

        return keys;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<LoadedKey> key in _keys.Values.Where(key => key.IsValueCreated))
        {
            key.Value.Key?.Dispose();
        }
    }

    private LoadedKey Load(string path, string? certificate) =>
        _keys.GetOrAdd(
            (path, certificate),
            static (key, passphrase) => new Lazy<LoadedKey>(() => Read(key.Path, key.Certificate, passphrase)),
            passphrase).Value;

    private static LoadedKey Read(string path, string? certificate, Secret? passphrase)
    {
        try
        {
            PrivateKeyFile key = certificate is null
                ? new PrivateKeyFile(path, passphrase?.Reveal())
                : new PrivateKeyFile(path, passphrase?.Reveal(), certificate);
            return certificate is null || Belongs(key)
                ? new LoadedKey(path, key, null)
                : new LoadedKey(path, null, "the certificate is of another key");
        }
        catch (SshPassPhraseNullOrEmptyException)
        {
            return new LoadedKey(path, null, "it is encrypted, and there is no passphrase");
        }
        catch (Exception error)
            when (error is SshException
                or CryptographicException
                or IOException
                or UnauthorizedAccessException
                or ArgumentException
                or FormatException
                or NotSupportedException
                or InvalidOperationException
                or Org.BouncyCastle.Crypto.InvalidCipherTextException
                or OverflowException)
        {
            return new LoadedKey(
                path, null,
                passphrase is not null && IsEncrypted(path)
                    ? "it is encrypted, and the credential's password is not its passphrase"
                    : error.Message);
        }
    }

    private static bool Belongs(PrivateKeyFile key) =>
        key.Certificate is null || key.HostKeyAlgorithms.OfType<CertificateHostAlgorithm>().Any(algorithm =>
            key.Key.Public.AsSpan().SequenceEqual(algorithm.Certificate.Key.Public));

    private static bool IsEncrypted(string path)
    {
        try
        {
            using PrivateKeyFile _ = new(path, (string?)null);
            return false;
        }
        catch (SshPassPhraseNullOrEmptyException)
        {
            return true;
        }
        catch (Exception error)
            when (error is SshException
                or CryptographicException
                or IOException
                or UnauthorizedAccessException
                or ArgumentException
                or FormatException
                or NotSupportedException
                or InvalidOperationException)
        {
            return false;
        }
    }
}
