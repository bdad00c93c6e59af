using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Files;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>All that one server shows of its part in a site, before any inventory.</summary>
public sealed record ServerDiscovery
{
    /// <summary>The name it was asked for by: an alias, a host name or an address.</summary>
    public required string Name { get; init; }

    /// <summary>How it was reached.</summary>
    public required SshEndpoint Ssh { get; init; }

    /// <summary>Why nothing was read; <see langword="null"/> if it was reached.</summary>
    public string? Failure { get; init; }

    /// <summary>The machine.</summary>
    public Reading<HostFacts> Host { get; init; } = NotRead<HostFacts>();

    /// <summary>Its addresses and routes.</summary>
    public Reading<HostNetwork> Network { get; init; } = NotRead<HostNetwork>();

    /// <summary>What it listens on and whom it talks to.</summary>
    public SocketFacts? Sockets { get; init; }

    /// <summary>Its units of systemd.</summary>
    public Reading<IReadOnlyList<Unit>> Units { get; init; } = NotRead<IReadOnlyList<Unit>>();

    /// <summary>Whom its clock follows, and who follows it.</summary>
    public Reading<TimeFacts> Time { get; init; } = NotRead<TimeFacts>();

    /// <summary>The addresses that keepalived moves to it and away from it; empty without keepalived.</summary>
    public Reading<IReadOnlyList<IPAddress>> VirtualAddresses { get; init; } = NotRead<IReadOnlyList<IPAddress>>();

    /// <summary>What HAProxy's configuration says; <see langword="null"/> where there is no HAProxy.</summary>
    public Reading<BalancerFacts>? Balancer { get; init; }

    /// <summary>What nginx's configuration says; <see langword="null"/> where there is no nginx.</summary>
    public Reading<WebFacts>? Web { get; init; }

    /// <summary>What its database says; <see langword="null"/> where there is none.</summary>
    public DatabaseFacts? Database { get; init; }

    /// <summary>The monitoring agents of which there is a trace.</summary>
    public Reading<IReadOnlyList<MonitoringAgent>> Agents { get; init; } = NotRead<IReadOnlyList<MonitoringAgent>>();

    /// <summary>The certificates that its programs load.</summary>
    public Reading<IReadOnlyList<CertificateFile>> Certificates { get; init; } = NotRead<IReadOnlyList<CertificateFile>>();

    /// <summary>The authorities that programs on it trust, by the file's path; certificates in PEM form, never a key.</summary>
    public Reading<IReadOnlyList<AuthorityFile>> Authorities { get; init; } = NotRead<IReadOnlyList<AuthorityFile>>();

    /// <summary>Settings by which programs verify the certificate of what they connect to, as <c>FILE:LINE:SETTING</c>, by unit.</summary>
    public Reading<IReadOnlyDictionary<string, IReadOnlyList<string>>> Verifying { get; init; } =
        NotRead<IReadOnlyDictionary<string, IReadOnlyList<string>>>();

    /// <summary>What its listeners for visitors presented; empty where none speaks TLS.</summary>
    public IReadOnlyList<PresentedCertificate> Presented { get; init; } = [];

    /// <summary>
    /// The address at which the operator's machine reached a Prometheus on it; <see langword="null"/> if it reached none.
    /// </summary>
    public Uri? Prometheus { get; init; }

    /// <summary>What a Prometheus on it scrapes, as <c>HOST:PORT</c>; empty where there is none.</summary>
    public Reading<IReadOnlyList<string>> Scrapes { get; init; } = NotRead<IReadOnlyList<string>>();

    private static Reading<T> NotRead<T>() => Reading.Unreadable<T>("It was not read.");
}

/// <summary>The machine itself.</summary>
/// <param name="HostName">The name it gives itself, without its domain.</param>
/// <param name="Client">The address from which the operator's session comes; <see langword="null"/> if the SSH server does not say.</param>
/// <param name="SshPort">The port that the session leads to; 0 if the SSH server does not say.</param>
/// <param name="Forwards">Whether it forwards packets.</param>
public sealed record HostFacts(string HostName, IPAddress? Client, int SshPort, bool Forwards)
{
    /// <summary>The address of the machine that the session leads to; <see langword="null"/> if the SSH server does not say.</summary>
    public IPAddress? Address { get; init; }
}

/// <summary>Whom a clock follows, and who follows it.</summary>
/// <param name="Sources">The addresses it asks.</param>
/// <param name="Clients">The addresses that asked it.</param>
public sealed record TimeFacts(IReadOnlyList<IPAddress> Sources, IReadOnlyList<IPAddress> Clients);

/// <summary>What HAProxy's configuration says of who leads where.</summary>
public sealed record BalancerFacts
{
    /// <summary>Where it listens, and the servers that it connects to.</summary>
    public required BalancerTls Legs { get; init; }

    /// <summary>Where each frontend leads.</summary>
    public IReadOnlyList<FrontendRoute> Routes { get; init; } = [];

    /// <summary>The servers that take traffic after a start, as <c>BACKEND/NAME</c>.</summary>
    public IReadOnlyList<string> TakingTraffic { get; init; } = [];

    /// <summary>The path of the admin socket; <see langword="null"/> for none.</summary>
    public string? AdminSocket { get; init; }
}

/// <summary>Where a frontend of HAProxy leads.</summary>
/// <param name="Frontend">The frontend.</param>
/// <param name="Backends">The backends that it names, the default one first.</param>
/// <param name="Redirects">Whether it sends visitors to HTTPS.</param>
/// <param name="AnswersItself">Whether HAProxy answers there itself: statistics, metrics.</param>
public sealed record FrontendRoute(string Frontend, IReadOnlyList<string> Backends, bool Redirects, bool AnswersItself);

/// <summary>What nginx's configuration says of who leads where.</summary>
public sealed record WebFacts
{
    /// <summary>Where it listens.</summary>
    public required IReadOnlyList<WebListener> Listeners { get; init; }

    /// <summary>The host names that it serves.</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>Where it passes requests: <c>127.0.0.1:8080</c>, or the path of a socket.</summary>
    public IReadOnlyList<string> Upstreams { get; init; } = [];
}

/// <summary>What a database says of itself.</summary>
/// <param name="Replication">Its replication.</param>
/// <param name="Tls">TLS on its connections.</param>
public sealed record DatabaseFacts(ReplicationFacts Replication, Reading<DatabaseTls> Tls);

/// <summary>A file with authorities that a program trusts.</summary>
/// <param name="Path">The path on the server.</param>
/// <param name="Pem">The certificates in it.</param>
public sealed record AuthorityFile(string Path, string Pem);

/// <summary>What a listener presented, and who trusts it.</summary>
/// <param name="Place">The listener: <c>198.51.100.10:443</c>.</param>
/// <param name="Issuer">The issuer of the certificate.</param>
/// <param name="TrustedHere">Whether the operator's machine trusts it.</param>
/// <param name="TrustedBy">The files of authorities on the site's servers that lead to it, as <c>SERVER:PATH</c>.</param>
public sealed record PresentedCertificate(string Place, string Issuer, bool TrustedHere, IReadOnlyList<string> TrustedBy);
