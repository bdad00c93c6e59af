using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Ssh.HostKeys;
using Foobar.Ops.Remoting.Ssh.Hops;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Foobar.Ops.Drivers.Ssh.Logins;

/// <summary>
/// The ways to log in to one machine: keys, answers to questions, the password. Nothing is asked of anybody but by
/// <see cref="SessionOptions.AnswerSshPrompt"/>.
/// </summary>
internal sealed class LoginMethods : IDisposable
{
    private readonly SshHop _hop;
    private readonly SessionOptions _options;
    private readonly string _server;
    private readonly bool _isJump;
    private readonly IReadOnlyList<LoadedKey> _keys;
    private readonly AuthenticationMethod[] _methods;
    private string? _unanswered;
    private bool _passwordAnswered;
    private bool _passwordExpired;

    /// <summary>Prepares the ways that the settings allow and the keys and the credential make possible.</summary>
    public LoginMethods(string server, SshHop hop, bool isJump, SessionOptions options, KeyRing ring)
    {
        _isJump = isJump;
        _server = server;
        _hop = hop;
        _options = options;
        _keys = hop.Logins.Contains("publickey") ? ring.Load(hop.IdentityFiles, hop.CertificateFiles) : [];
        _methods = [.. hop.Logins.Select(Method).OfType<AuthenticationMethod>()];
    }

    /// <summary>The methods, in the order to try them.</summary>
    /// <exception cref="FoobarException"><c>AuthenticationRefused</c>: there is nothing to log in with.</exception>
    public AuthenticationMethod[] Methods => _methods.Length > 0 ? _methods : throw Refused("there is nothing to log in with.");

    /// <summary>The error of a login that the server did not accept.</summary>
    /// <param name="words">What SSH.NET or the server said.</param>
    public FoobarException Refused(string words)
    {
        StringBuilder text = new($"{HostKeyErrors.Where(_server, _hop.Alias, _isJump)}: the login as {_hop.User} was refused: ");
        text.Append(_passwordExpired ? "the password has expired, and the server wants a new one." : words);
        foreach (LoadedKey key in _keys)
        {
            text.Append(key.Problem is null ? $" Tried: {key.Path}." : $" Not tried: {key.Path} ({key.Problem.TrimEnd('.')}).");
        }

        if (_unanswered is not null)
        {
            text.Append($" The server asks {ShellText.Show(_unanswered)}, which the SSH credential does not answer.");
        }

        return new FoobarException(
            "AuthenticationRefused", ErrorKind.Authentication, text.ToString()) { Server = _server, Recommendation = Advice() };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AuthenticationMethod method in _methods)
        {
            method.Dispose();
        }
    }

    private string Advice() =>
        _unanswered is not null ? "A code can't be given with a credential: log in with a key and the password alone where the server "
            + "allows it, or open a shared connection with ssh (ControlPath in ssh_config) and leave the credential out."
        : _passwordExpired ? "Log in once with ssh and set a new password."
        : _options.Ssh is null
            ? "Give an SSH credential, or a key without a passphrase in ssh_config or the inventory (identityFile). Keys in an agent and "
                + "on hardware need the transport OpenSsh."
        : "See that the user and the password are right and that the server allows logins by password (PasswordAuthentication, "
            + "KbdInteractiveAuthentication). Keys in an agent and on hardware need the transport OpenSsh.";

    private AuthenticationMethod? Method(string login) => login switch
    {
        "publickey" => Keys() is { Length: > 0 } keys ? new PrivateKeyAuthenticationMethod(_hop.User!, keys) : null,
        "keyboard-interactive" => _options.Ssh is not null || _options.AnswerSshPrompt is not null ? Questions() : null,
        "password" => _options.Ssh is not null ? Password() : null,
        _ => null,
    };

    private IPrivateKeySource[] Keys() =>
        [
            .. _keys.Where(key => key.Key is not null)
                .Select(key => new OfferedKey(key.Key!, _hop.Algorithms.UserKey))
                .Where(key => key.HostKeyAlgorithms.Count > 0),
        ];

    private PasswordLogin Password()
    {
        PasswordLogin password = new(_hop.User!, Encoding.UTF8.GetBytes(_options.Ssh!.Password.Reveal()), () => _passwordAnswered);
        password.PasswordExpired += (_, _) =>
        {
            _passwordExpired = true;
            throw new SshAuthenticationException("the password has expired");
        };
        return password;
    }

    private KeyboardInteractiveAuthenticationMethod Questions()
    {
        KeyboardInteractiveAuthenticationMethod questions = new(_hop.User!);
        questions.AuthenticationPrompt += (_, e) =>
        {
            foreach (AuthenticationPrompt prompt in e.Prompts)
            {
                prompt.Response = Answer(prompt)
                    ?? throw new SshAuthenticationException("a question of the server stayed without an answer.");
            }
        };
        return questions;
    }

    private string? Answer(AuthenticationPrompt prompt)
    {
        if (_options.Ssh is not null && !prompt.IsEchoed && !_passwordAnswered && PromptText.AsksForPassword(prompt.Request))
        {
            _passwordAnswered = true;
            return _options.Ssh.Password.Reveal();
        }

        using Secret? answer = _options.AnswerSshPrompt?.Invoke(new SshPrompt(
            _server, _hop.Alias, _hop.User!, prompt.Request, prompt.IsEchoed));
        _unanswered = answer is null ? prompt.Request.Trim() : null;
        return answer?.Reveal();
    }
}
