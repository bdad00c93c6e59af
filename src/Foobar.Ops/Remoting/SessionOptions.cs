using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting;

/// <summary>How the sessions to a site are opened: all that is the operator's choice and not the inventory's.</summary>
public sealed record SessionOptions
{
    /// <summary>sudo's password, for servers where it asks for one; <see langword="null"/> for <c>sudo -n</c>.</summary>
    public Secret? SudoPassword { get; init; }

    /// <summary>
    /// What carries the SSH connections; <see cref="SshTransport.Auto"/> leaves it to the inventory's word for each server.
    /// </summary>
    public SshTransport Transport { get; init; }

    /// <summary>
    /// The SSH login by password; <see langword="null"/> for the keys that ssh_config, the agent or the inventory name. The
    /// password also unlocks encrypted identity files and answers a keyboard-interactive question for the password.
    /// </summary>
    public SshLogin? Ssh { get; init; }

    /// <summary>
    /// Answers a question of an SSH server that the credential does not, say for a verification code; gives
    /// <see langword="null"/> where nobody can be asked. May block, and is called on a thread of its own.
    /// <see langword="null"/>: no question is ever put.
    /// </summary>
    public Func<SshPrompt, Secret?>? AnswerSshPrompt { get; init; }

    /// <summary>The database login; <see langword="null"/> for socket authentication as the SSH user.</summary>
    public DatabaseLogin? Database { get; init; }

    /// <summary>
    /// Whether the key of a server that <c>known_hosts</c> doesn't know is accepted and kept. A changed or revoked key never is.
    /// </summary>
    public bool AcceptNewHostKeys { get; init; }

    /// <summary>The time limit for opening a session: connecting, authenticating, starting the shell.</summary>
    public TimeSpan ConnectTimeLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How many servers are connected to at once.</summary>
    public int ThrottleLimit { get; init; } = 32;

    /// <summary>
    /// Whether forwards are added to the session's own SSH connection (OpenSSH's connection sharing); otherwise each has
    /// a connection of its own. Windows' OpenSSH can't share.
    /// </summary>
    public bool ShareConnections { get; init; } = !OperatingSystem.IsWindows();

    /// <summary>Whether the OpenSSH client can listen on unix sockets. Windows' can't: forwards there lead to TCP ports only.</summary>
    public bool UnixSockets { get; init; } = !OperatingSystem.IsWindows();

    /// <summary>The OpenSSH client: a name to look for in the path, or a path.</summary>
    public string SshProgram { get; init; } = "ssh";

    /// <summary>Takes note of what runs where.</summary>
    public IActivityLog? Log { get; init; }
}

/// <summary>A database login by password.</summary>
/// <param name="User">The account's name.</param>
/// <param name="Password">Its password.</param>
public sealed record DatabaseLogin(string User, Secret Password);

/// <summary>An SSH login by password.</summary>
/// <param name="User">The account's name on the servers.</param>
/// <param name="Password">Its password, or the passphrase of its key.</param>
public sealed record SshLogin(string User, Secret Password);

/// <summary>A question that an SSH server puts at a login (RFC 4256).</summary>
/// <param name="Server">The server that is connected to.</param>
/// <param name="Host">The machine that asks: the server, or a jump host on the way.</param>
/// <param name="User">The account.</param>
/// <param name="Question">The server's text.</param>
/// <param name="IsEchoed">Whether the answer may be shown while it is typed.</param>
public sealed record SshPrompt(string Server, string Host, string User, string Question, bool IsEchoed);
