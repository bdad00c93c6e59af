using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls.Scan.Peers;

/// <summary>Servers with one peculiarity each, as a scanner may meet them, on loopback ports.</summary>
internal sealed class OddServer : IDisposable
{
    private const string Quantum = "X25519MLKEM768 alone", OneByOne = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256";

    private readonly List<IDisposable> _made = [];

    /// <summary>Starts one.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public OddServer(string name)
    {
        Authority = Kept(new TestAuthority());
        (Endpoint, ConnectAsync) = name switch
        {
            "ordinary" => Start($"-serverpref -cipher {OneByOne} -alpn h2,http/1.1"),
            "order of the client" => Start($"-tls1_2 -cipher {OneByOne}"),
            "one suite of TLS 1.2" => Start("-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA"),
            "one suite of TLS 1.3" => Start("-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256"),
            "TLS 1.0 alone" => Start("-tls1 -serverpref -cipher ALL:@SECLEVEL=0"),
            "TLS 1.1 alone" => Start("-tls1_1 -serverpref -cipher ALL:@SECLEVEL=0"),
            "TLS 1.0 to 1.3" => Start("-serverpref -cipher HIGH:@SECLEVEL=0", Rsa(2048)),
            "suites that protect nothing" => Start("-tls1_2 -serverpref -cipher aNULL:eNULL:@SECLEVEL=0"),
            "RSA of 1024 bits" => Start("-tls1_2 -serverpref -cipher DHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0", Rsa(1024)),
            "signed with SHA-1" => Start("-serverpref -cipher ALL:@SECLEVEL=0", Kept(BouncyCastleServer.SignedWithSha1())),
            "expired" => Start("-serverpref", Issue(days: -1, sinceDays: 90)),
            "another name" => Start("-serverpref", Issue("other.foobar.com")),
            "chooses by name" => Start("-serverpref", Issue("other.foobar.com"), named: Issue()),
            "superfluous chain" => Start("-serverpref -tls1_2", chain: [Authority.Intermediate, Authority.Root, Authority.Root]),
            "two certificates" => Start("-serverpref -cipher ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", second: Rsa(2048)),
            "client certificate in TLS 1.2" => Start($"-tls1_2 -serverpref -cipher {OneByOne} -Verify 1"),
            "client certificate in TLS 1.3" => Start("-tls1_3 -serverpref -Verify 1"),
            "certificate of ML-DSA" => Of(BouncyCastleServer.Quantum(29)),
            Quantum => Of(BouncyCastleServer.Quantum(0x11EC)),
            "SSL 3.0 alone" => Of(BouncyCastleServer.Ssl30()),
            "slow" => Of(TestEndpoint.Tls(Issue(), [], delay: TimeSpan.FromMilliseconds(200))),
            "closes at once" => Of(TestEndpoint.Of(static _ => Task.CompletedTask)),
            _ => throw new ArgumentException($"No server is called '{name}'.", nameof(name)),
        };
    }

    /// <summary>The servers' names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "ordinary", "order of the client", "one suite of TLS 1.2", "one suite of TLS 1.3", "TLS 1.0 alone", "TLS 1.1 alone",
        "TLS 1.0 to 1.3",
        "suites that protect nothing", "RSA of 1024 bits", "signed with SHA-1", "expired", "another name", "chooses by name",
        "superfluous chain", "two certificates", "client certificate in TLS 1.2", "client certificate in TLS 1.3", "certificate of ML-DSA",
        Quantum, "SSL 3.0 alone", "slow", "closes at once",
    ];

    public TlsEndpoint Endpoint { get; }

    public Func<CancellationToken, Task<Stream>> ConnectAsync { get; }

    private TestAuthority Authority { get; }

    public void Dispose()
    {
        _made.Reverse();
        _made.ForEach(static one => one.Dispose());
    }

    private (TlsEndpoint Endpoint, Func<CancellationToken, Task<Stream>> ConnectAsync) Start(
        string options, X509Certificate2? certificate = null, X509Certificate2? second = null, X509Certificate2? named = null,
        X509Certificate2[]? chain = null)
    {
        OpenSslServer server = Kept(new OpenSslServer(certificate ?? Issue(), options, second, named, chain));
        return (server.Endpoint, server.ConnectAsync);
    }

    private (TlsEndpoint Endpoint, Func<CancellationToken, Task<Stream>> ConnectAsync) Of(TestEndpoint endpoint)
    {
        Kept(endpoint);
        return (endpoint.Endpoint, endpoint.ConnectAsync);
    }

    private X509Certificate2 Issue(
        string name = "www.foobar.com", int days = 90, int sinceDays = 1, AsymmetricAlgorithm? key = null) =>
        Kept(Authority.Issue([name], days, sinceDays, key));

    private X509Certificate2 Rsa(int bits) => Issue(key: Kept(RSA.Create(bits)));

    private T Kept<T>(T made)
        where T : IDisposable
    {
        _made.Add(made);
        return made;
    }
}
