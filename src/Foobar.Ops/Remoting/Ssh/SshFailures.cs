using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>The errors that the OpenSSH client's words stand for.</summary>
internal static class SshFailures
{
    public static FoobarException HostKeyUnknown(SshFailure failure, string host) => new(
        "HostKeyUnknown",
        ErrorKind.Authentication,
        $"{Where(failure, host)}: its host key is not known. It offers {failure.Offered ?? "a key whose fingerprint the OpenSSH client did not say"}.")
    {
        Server = failure.Server,
        Recommendation = "Compare the fingerprint with the server's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then add the key to known_hosts: by one 'ssh' to it, or by accepting new host keys when connecting.",
    };

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
            Recommendation = "Someone may stand between you and the server. If it was set up anew, compare the offered fingerprint with the server's own, then remove the old key (ssh-keygen -R) and add the new one.",
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

    public static FoobarException AuthenticationRefused(SshFailure failure, string host) => new(
        "AuthenticationRefused",
        ErrorKind.Authentication,
        $"{Where(failure, host)}: the login was refused: {failure.LastWords}")
    {
        Server = failure.Server,
        Recommendation = "See that the user is right and that the key is in the agent or named by ssh_config or the inventory (identityFile); sessions never ask for a password.",
    };

    public static FoobarException ConfigInvalid(SshFailure failure, string host) => new(
        "SshConfigInvalid",
        ErrorKind.InvalidInput,
        $"{failure.Server}: the OpenSSH client does not accept its configuration: {failure.LastWords}")
    {
        Server = failure.Server,
        Recommendation = "Correct the named line of the ssh_config.",
    };

    public static FoobarException NegotiationFailed(SshFailure failure, string host) => new(
        "SshNegotiationFailed",
        ErrorKind.Connection,
        $"{Where(failure, host)}: the OpenSSH client and the server have no algorithm or protocol in common: {failure.LastWords}")
    {
        Server = failure.Server,
        Recommendation = "Update the older of the two sides, or allow the algorithm for this host in ssh_config.",
    };

    public static FoobarException ConnectTimeout(SshFailure failure, string host) => new(
        "ConnectTimeout",
        ErrorKind.Timeout,
        $"{Where(failure, host)}: no answer: {failure.LastWords}")
    {
        Server = failure.Server,
        Recommendation = "Check that the server is up, that its address is right and that no firewall on the way drops SSH.",
    };

    public static FoobarException Unreachable(SshFailure failure, string host) => new(
        "ServerUnreachable",
        ErrorKind.Connection,
        $"{Where(failure, host)}: not reached: {(failure.LastWords.Length > 0 ? failure.LastWords : "the OpenSSH client ended without a word")}")
    {
        Server = failure.Server,
        Recommendation = "Check that the server is up, that its name resolves, and that sshd listens on the port.",
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
        Recommendation = "Install the OpenSSH client (package openssh-client; on Windows the optional feature OpenSSH.Client), or see that it is in the PATH.",
    };

    private static string Where(SshFailure failure, string host) => failure.AtJump
        ? $"{failure.Server}: the jump host{(host.Length > 0 ? " " + host : "")} on the way"
        : host.Length > 0 && host != "UNKNOWN" ? $"{failure.Server} ({host})" : failure.Server;
}
