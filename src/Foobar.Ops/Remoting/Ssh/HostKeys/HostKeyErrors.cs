using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>The errors of refused host keys: the ids that the OpenSSH client's refusals have too.</summary>
internal static class HostKeyErrors
{
    /// <summary>How a message names the machine.</summary>
    public static string Where(string server, string alias, bool isJump) =>
        isJump ? $"{server}: the jump host {alias} on the way" : alias == server ? server : $"{server} ({alias})";

    /// <summary>The error of a judgement that is not <see cref="HostKeyStatus.Known"/>.</summary>
    public static FoobarException Of(string server, string where, HostKeyOffer offer, HostKeyVerdict verdict) => verdict.Status switch
    {
        HostKeyStatus.Revoked => new(
            "HostKeyRevoked", ErrorKind.Authentication,
            $"{where}: its host key {offer.Fingerprint} is marked as revoked in known_hosts ({Place(verdict)}).")
        {
            Server = server,
            Recommendation = "The key may be stolen: give the server new host keys. Connect only when known_hosts holds them.",
        },
        HostKeyStatus.Changed => new(
            "HostKeyChanged", ErrorKind.Authentication,
            $"{where}: its host key has changed. It offers {offer.Fingerprint}; known is {HostKeyText.Fingerprint(verdict.Line!.Key)} "
                + $"({Place(verdict)}).")
        {
            Server = server,
            Recommendation =
                "Someone may stand between you and the server. If it was set up anew, compare the offered fingerprint with the server's "
                    + "own, then remove the old key (ssh-keygen -R) and add the new one.",
        },
        HostKeyStatus.CertificateInvalid => new(
            "HostKeyUnknown", ErrorKind.Authentication,
            $"{where}: its host certificate is not valid: {verdict.Reason}. The key in it, {offer.Fingerprint}, is not known otherwise.")
        {
            Server = server,
            Recommendation =
                "Have the certificate authority sign the server's host key anew (ssh-keygen -h), for the name that it is reached by.",
        },
        _ => new("HostKeyUnknown", ErrorKind.Authentication, $"{where}: its host key is not known. It offers {offer.Fingerprint}.")
        {
            Server = server,
            Recommendation =
                "Compare the fingerprint with the server's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then add the key "
                    + "to known_hosts: by one 'ssh' to it, or by accepting new host keys when connecting.",
        },
    };

    /// <summary>A later key exchange of a connection showed another key than the first.</summary>
    public static FoobarException ChangedMidway(string server, string where, HostKeyOffer offer, byte[] first) =>
        new(
            "HostKeyChanged", ErrorKind.Authentication,
            $"{where}: its host key changed during the connection. It offers {offer.Fingerprint}; it was {HostKeyText.Fingerprint(first)}.")
        {
            Server = server,
            Recommendation = "Someone may stand between you and the server: look at the network between.",
        };

    /// <summary>An RSA key is shorter than the settings allow.</summary>
    public static FoobarException TooShort(string server, string where, int bits, int least) =>
        new(
            "SshNegotiationFailed", ErrorKind.Connection,
            $"{where}: its RSA host key has {bits} bits; the least allowed is {least} (RequiredRSASize).")
        {
            Server = server,
            Recommendation = "Give the server a longer RSA host key or an ed25519 one.",
        };

    /// <summary>A new key could not be kept.</summary>
    public static FoobarException NotKept(string server, string file, Exception cause) =>
        new("HostKeyUnknown", ErrorKind.Authentication, $"{server}: its new host key can't be kept in {file}: {cause.Message}", cause)
        {
            Server = server,
            Recommendation = "Make the known_hosts file writable, or add the key to it yourself.",
        };

    private static string Place(HostKeyVerdict verdict) => $"{verdict.Line!.File}, line {verdict.Line.Line}";
}
