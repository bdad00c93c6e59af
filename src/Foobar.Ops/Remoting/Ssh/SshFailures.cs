using System.Text.RegularExpressions;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>The errors that the OpenSSH client's words stand for.</summary>
internal static class SshFailures
{
    public static FoobarException HostKeyUnknown(SshFailure failure, string host) =>
        failure.CertificateProblem is string problem ? CertificateInvalid(failure, host, problem)
        : failure.Certificate is SshHostCertificate certificate ? AuthorityUnknown(failure, host, certificate)
        : new FoobarException(
            "HostKeyUnknown",
            ErrorKind.Authentication,
            $"{Where(failure, host)}: its host key is not known. It offers "
                + $"{failure.Offered ?? "a key whose fingerprint the OpenSSH client did not say"}.")
        {
            Server = failure.Server,
            Recommendation =
                "Compare the fingerprint with the server's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then add the key "
                    + "to known_hosts: by one 'ssh' to it, or by accepting new host keys when connecting.",
        };

    private static FoobarException AuthorityUnknown(SshFailure failure, string host, SshHostCertificate certificate) => new(
        "HostKeyUnknown",
        ErrorKind.Authentication,
        $"{Where(failure, host)}: its host key is not known. It offers {failure.Offered} with a certificate ('{certificate.Id}') of the "
            + $"authority {certificate.Authority}, which known_hosts does not trust for this name.")
    {
        Server = failure.Server,
        Recommendation =
            "If it is your site's authority, compare its fingerprint and add its key to known_hosts ('@cert-authority NAMES KEY'), with "
                + "the name that is connected to. To accept the server's plain key instead would bind to that one key.",
    };

    private static FoobarException CertificateInvalid(SshFailure failure, string host, string problem)
    {
        (string what, string cure) = problem switch
        {
            _ when problem.EndsWith("name is not a listed principal", StringComparison.Ordinal)
                || problem.EndsWith("lacks principal list", StringComparison.Ordinal) =>
                (
                    $"is not valid for {(host.Length > 0 && host != "UNKNOWN" ? host : "the name that is connected to")}",
                    "Connect by a name that the certificate is issued for (ssh-keygen -Lf lists its principals), "
                    + "set HostKeyAlias in ssh_config to one, or have it issued for this name too."),
            _ when problem.EndsWith(": expired", StringComparison.Ordinal) =>
                ("has expired", "Have the authority issue a new one, and see that its renewal works."),
            _ when problem.EndsWith("not yet valid", StringComparison.Ordinal) =>
                ("is not valid yet", "Compare the clocks of the two machines, then the time from which it was issued."),
            _ => (
                "is not one that the OpenSSH client takes",
                "Have the authority issue a host certificate with an algorithm and options that the client knows."),
        };
        SshHostCertificate? certificate = failure.Certificate;
        string of = certificate is null
            ? ""
            : $" ('{certificate.Id}', valid {certificate.Validity}) of the authority {certificate.Authority}";
        return new FoobarException(
            "HostCertificateInvalid",
            ErrorKind.Authentication,
            $"{Where(failure, host)}: it shows a host certificate{of}, which {what} ({problem}). Its key is "
                + $"{failure.Offered ?? "not told by the OpenSSH client"}.")
        {
            Server = failure.Server,
            Recommendation = cure + " Do not pin the server's plain key instead: that undoes what the authority is for.",
        };
    }

    /// <summary>An error of the table.</summary>
    public static FoobarException Refused(SshFailure failure, SshRefusal refusal, Match match)
    {
        string host = match.Groups["host"] is { Success: true } named ? named.Value : "";
        (string cause, string recommendation) = refusal.Recommendation.Length > 0
            ? (refusal.Cause, refusal.Recommendation)
            : SshRefusals.OfLogin(match.Groups["methods"].Value, failure.PartlyAuthenticated);
        string where = refusal.ErrorId == "JumpRefused" ? $"{failure.Server}: the jump host on the way"
            : refusal.ErrorId == "SshConfigInvalid" ? $"{failure.Server}:" : $"{Where(failure, host)}:";
        string words = refusal.Words.IsMatch(failure.LastWords)
            ? failure.LastWords
            : $"{match.Value.TrimEnd()}{(match.Value.Length > 0 && failure.LastWords.Length > 0 ? " … " : "")}{failure.LastWords}";
        return new FoobarException(
            refusal.ErrorId, refusal.Kind, $"{where} {cause}: {Plain(words)}") { Server = failure.Server, Recommendation = recommendation };
    }

    private static string Plain(string words) => words.Replace("debug1: ", "", StringComparison.Ordinal);

    public static FoobarException HostKeyChanged(SshFailure failure, string host)
    {
        string known = failure.Offending is (string file, int line)
            ? $"{KnownHosts.Fingerprint(failure.ReadKnownHosts(file), line) ?? "a key that can't be read"} ({file}, line {line})"
            : "another key";
        return new FoobarException(
            "HostKeyChanged",
            ErrorKind.Authentication,
            $"{Where(failure, host)}: its host key has changed. It offers {failure.Offered ?? "an unknown key"}; known is {known}.")
        {
            Server = failure.Server,
            Recommendation =
                "Someone may stand between you and the server. If it was set up anew, compare the offered fingerprint with the server's "
                    + "own, then remove the old key (ssh-keygen -R) and add the new one.",
        };
    }

    public static FoobarException HostKeyRevoked(SshFailure failure, string host) => new(
        "HostKeyRevoked",
        ErrorKind.Authentication,
        $"{Where(failure, host)}: its host key {failure.Offered} is marked as revoked in known_hosts.")
    {
        Server = failure.Server,
        Recommendation = "The key may be stolen: give the server new host keys. Connect only when known_hosts holds them.",
    };

    public static FoobarException Unreachable(SshFailure failure) => new(
        "ServerUnreachable",
        ErrorKind.Connection,
        $"{Where(failure, "")}: not reached: {(failure.LastWords.Length > 0 ? failure.LastWords : "nothing was heard from it")}")
    {
        Server = failure.Server,
        Recommendation =
            "Try the same with 'ssh -v'; check that the server is up, that its name resolves, and that sshd listens on the port.",
    };

    public static FoobarException ShellUnavailable(SshFailure failure) => new(
        "ShellUnavailable",
        ErrorKind.Failed,
        $"{failure.Server}: the login was accepted, but no POSIX shell answered: {failure.LastWords}")
    {
        Server = failure.Server,
        Recommendation = "The login needs a shell that can run 'sh'; accounts for sftp or git only, and forced commands, have none.",
    };

    public static FoobarException ClientMissing(string server, string program, Exception cause) => new(
        "SshClientMissing",
        ErrorKind.NotFound,
        $"The OpenSSH client '{program}' can't be started: {cause.Message}",
        cause)
    {
        Server = server,
        Recommendation =
            "Install the OpenSSH client (package openssh-client; on Windows the optional feature OpenSSH.Client), or see that it is in the PATH.",
    };

    private static string Where(SshFailure failure, string host) => failure.AtJump
        ? $"{failure.Server}: the jump host{(host.Length > 0 ? " " + host : "")} on the way"
        : host.Length > 0 && host != "UNKNOWN" ? $"{failure.Server} ({host})" : failure.Server;
}
