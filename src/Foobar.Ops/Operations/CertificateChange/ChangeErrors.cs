using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>The errors of a change of certificates that more than one place throws.</summary>
internal static class ChangeErrors
{
    /// <summary>A file can't be read, or does not hold what it should.</summary>
    public static FoobarException Unreadable(string path, string problem, Exception? cause = null) =>
        new("CertificateFileUnreadable", ErrorKind.InvalidInput, $"{path}: {problem}.", cause)
        {
            Recommendation = "Give a PEM file with the certificate and its chain, a PKCS#12 store, or the directory of an ACME client.",
        };

    /// <summary>There is no key for the certificate.</summary>
    public static FoobarException KeyMissing(string place, string? server = null) =>
        new("CertificateKeyMissing", ErrorKind.NotFound, $"{place}: there is no private key for the certificate.")
        {
            Server = server,
            Recommendation = "Name its file with -KeyPath, or with -ServerKeyPath if it lies on the servers.",
        };

    /// <summary>The key is that of another certificate.</summary>
    public static FoobarException KeyMismatch(string place, string subject, string? server = null) =>
        new("CertificateKeyMismatch", ErrorKind.Refused, $"{place}: the private key is not that of the certificate '{subject}'.")
        {
            Server = server,
            Recommendation = "Give the key that the certificate's request was made with.",
        };

    /// <summary>The passphrase is wrong or missing.</summary>
    public static FoobarException Passphrase(string path, string problem, Exception cause) =>
        new("CertificatePassphraseWrong", ErrorKind.Authentication, $"{path}: it {problem}.", cause)
        {
            Recommendation = "Give the passphrase with -Passphrase, as a SecureString or a PSCredential.",
        };
}
