using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Finds the site's name, where TLS ends, and what stands behind it.</summary>
internal static class TlsFinder
{
    /// <summary>The name for a site whose name nothing shows (RFC 2606: it never exists).</summary>
    public const string UnknownName = "unknown.invalid";

    /// <summary>The site's name, and its further names: those that web servers serve and the certificate covers.</summary>
    public static (string Name, IReadOnlyList<string> Others) Names(
        AddressBook book, RoleFinder roles, ProposalOptions options, Draft draft)
    {
        string[] served =
        [
            .. book.Servers.SelectMany(static server => server.Facts.Web?.Value?.ServerNames ?? [])
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];
        string[] certified =
        [
            .. book.Servers.Where(server => roles.Is(server, Role.LoadBalancer) || roles.Is(server, Role.Web))
                .SelectMany(
                    static server => (server.Facts.Certificates.Value ?? [])
                        .Where(static file => file.Uses.Any(static use => use.Program is "HAProxy" or "nginx" && use.Listeners.Count > 0)))
                .SelectMany(static file => file.Leaf.DnsNames).Where(
                    static name => !name.StartsWith('*') && name.Contains('.', StringComparison.Ordinal))
                    .Distinct(StringComparer.OrdinalIgnoreCase),
        ];
        string[] both = [.. served.Where(name => certified.Contains(name, StringComparer.OrdinalIgnoreCase))];
        string evidence = $"names that nginx serves: {Listed(served)}; names of the certificates: {Listed(certified)}";
        draft.Show("site", null, evidence);
        if (options.SiteName is { } given)
        {
            return (given, [.. both.Where(name => !string.Equals(name, given, StringComparison.OrdinalIgnoreCase))]);
        }

        string? name = both.FirstOrDefault() ?? served.FirstOrDefault() ?? certified.FirstOrDefault();
        if (name is null)
        {
            draft.Missing("site", null, "What is the site's name?", "No web server names a host, and no certificate was found.");
            return (UnknownName, []);
        }

        if (both.Length != 1)
        {
            draft.Confirm(
                "site", null, $"Is {name} the site's name?",
                both.Length == 0 ? "The names that are served and those of the certificates do not agree." : "There are several.",
                evidence);
        }

        return (name, [.. both.Where(other => other != name)]);
    }

    /// <summary>The policy.</summary>
    public static TlsPolicy Find(
        AddressBook book,
        RoleFinder roles,
        BalancerFinder balancers,
        IReadOnlyList<string> names,
        ProposalOptions options,
        Draft draft,
        out string? authorities)
    {
        TlsPolicy usual = new();
        (FoundServer Server, BalancerListener Listener)[] tls = [.. balancers.Visited.Where(static pair => pair.Listener.Tls)];
        (FoundServer Server, BalancerListener Listener)[] passed =
        [
            .. balancers.Visited.Where(static pair => pair.Listener is { IsTcp: true, Tls: false }),
        ];
        (FoundServer Server, WebListener Listener)[] web =
        [
            .. roles.With(Role.Web).SelectMany(
                static server => (server.Facts.Web?.Value?.Listeners ?? [])
                    .Where(static listener => listener.Tls)
                    .Select(listener => (server, listener))),
        ];
        bool hasBalancer = roles.With(Role.LoadBalancer).Count > 0;
        Role endsAt = Role.LoadBalancer;
        int port = usual.Port;
        if (tls.Length > 0)
        {
            port = tls[0].Listener.Port;
            draft.Show(
                "policy.tls.endsAt", tls[0].Server.Name,
                $"HAProxy's frontend {tls[0].Listener.Name} ends TLS at {BalancerFinder.Label(tls[0].Listener)}");
        }
        else if (web.Length > 0 && (passed.Length > 0 || !hasBalancer))
        {
            endsAt = Role.Web;
            port = passed.Length > 0 ? passed[0].Listener.Port : web[0].Listener.Port;
            draft.Show(
                "policy.tls.endsAt", web[0].Server.Name,
                passed.Length > 0
                    ? $"HAProxy's frontend {passed[0].Listener.Name} passes bytes through, and nginx of {web[0].Server.Name} ends TLS"
                    : $"nginx of {web[0].Server.Name} ends TLS");
        }
        else
        {
            endsAt = hasBalancer ? Role.LoadBalancer : Role.Web;
            draft.Missing(
                "policy.tls.endsAt", null, "Where shall TLS for visitors end?", "No listener for visitors speaks TLS.",
                string.Join(", ", balancers.Visited.Select(static pair => BalancerFinder.Label(pair.Listener))));
        }

        (string? path, authorities) = Authorities(book, options, draft);
        return new TlsPolicy
        {
            EndsAt = endsAt,
            Port = port,
            Backends = endsAt == Role.LoadBalancer ? Backends(balancers, draft) : BackendEncryption.Plain,
            ApplicationVerifies = ApplicationVerifies(roles, draft),
            Names = names,
            TrustedAuthorities = path,
        };
    }

    // Encrypted for one server is meant for all: where another one of them is plain, or nobody is verified, that is a finding.
    private static BackendEncryption Backends(BalancerFinder balancers, Draft draft)
    {
        BalancedServer[] servers = [.. balancers.WebBackends.SelectMany(static backend => backend.Servers)];
        BackendEncryption found = servers.Any(static one => one is { Tls: true, ShowsCertificate: true }) ? BackendEncryption.MutualTls
            : servers.Any(static one => one.Tls) ? BackendEncryption.Tls : BackendEncryption.Plain;
        foreach (BalancedServer one in servers)
        {
            draft.Show(
                "policy.tls.backends", null,
                $"HAProxy's backend {one.Backend}: server {one.Name} {(one.Tls ? "with TLS" : "in plain text")}");
        }

        return found;
    }

    private static bool ApplicationVerifies(RoleFinder roles, Draft draft)
    {
        FoundServer[] servers = [.. roles.With(Role.App)];
        (FoundServer Server, string[] Settings)[] found =
        [
            .. servers.Select(
                server =>
                    (server, (string[])
                    [
                        .. roles.Applications.SelectMany(
                            unit => (server.Facts.Verifying.Value ?? new Dictionary<string, IReadOnlyList<string>>())
                                .GetValueOrDefault(unit, [])),
                    ])),
        ];
        if (servers.Length == 0 || roles.With(Role.Database).Count == 0)
        {
            return false;
        }

        if (found.Any(static each => each.Settings.Length == 0))
        {
            draft.Missing(
                "policy.tls.applicationVerifies",
                null,
                "Does the application verify the database's certificate?",
                "No file that its units' command lines name has a setting that says so, on each of its servers.",
                string.Join(", ", found.Where(static each => each.Settings.Length == 0).Select(static each => each.Server.Name)));
            return false;
        }

        foreach ((FoundServer server, string[] settings) in found)
        {
            draft.Show("policy.tls.applicationVerifies", server.Name, string.Join("; ", settings));
        }

        draft.Confirm(
            "policy.tls.applicationVerifies", null,
            "Does the application verify the database's certificate?",
            "Its files have a setting that says so; whether that one is used, no server shows.",
            found[0].Settings[0]);
        return true;
    }

    private static (string? Path, string? Pem) Authorities(AddressBook book, ProposalOptions options, Draft draft)
    {
        if (options.TrustedAuthorities is { } given)
        {
            return (given, null);
        }

        PresentedCertificate? untrusted = book.Servers.SelectMany(static server => server.Facts.Presented)
            .FirstOrDefault(static presented => !presented.TrustedHere);
        if (untrusted is null)
        {
            return (null, null);
        }

        if (untrusted.TrustedBy.Count == 0)
        {
            draft.Missing(
                "policy.tls.trustedAuthorities",
                null,
                $"Which authorities are to be trusted for the certificate at {untrusted.Place}?",
                "Neither this machine nor a program on the servers trusts its issuer.",
                untrusted.Issuer);
            return (null, null);
        }

        string place = untrusted.TrustedBy[0];
        string? pem = book.Servers.SelectMany(
            static server => (server.Facts.Authorities.Value ?? []).Select(file => (Place: $"{server.Facts.Name}:{file.Path}", file.Pem)))
            .Where(file => file.Place == place).Select(static file => file.Pem).FirstOrDefault();
        draft.Show(
            "policy.tls.trustedAuthorities", null,
            $"the certificate at {untrusted.Place} leads to an authority of "
                + $"{string.Join(", ", untrusted.TrustedBy)}, which programs there trust");
        draft.Confirm(
            "policy.tls.trustedAuthorities", null, "Is the certificate for visitors meant to be one of the site's own authority?",
            "This machine does not trust it, and neither will browsers; programs on the servers do "
                + $"({place}), so that authority was taken.",
            untrusted.Issuer);
        return (options.AuthoritiesFile, pem);
    }

    private static string Listed(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);
}
