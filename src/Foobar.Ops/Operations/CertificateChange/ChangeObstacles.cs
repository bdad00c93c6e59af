using System.Globalization;
using System.Security.Cryptography;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>What stands against a certificate change before it is begun. Pure.</summary>
internal static class ChangeObstacles
{
    /// <summary>Refuses a certificate that no client would take: out of its dates, or with a chain that leads nowhere.</summary>
    /// <exception cref="FoobarException"><c>CertificateExpired</c>, <c>CertificateNotYetValid</c>,
    /// <c>CertificateChainBroken</c>.</exception>
    public static void RefuseMaterial(CertificateMaterial material, TrustedAuthorities authorities, IKeyDriver driver, DateTimeOffset now)
    {
        Certificate leaf = material.Leaf;
        if (now > leaf.NotAfter)
        {
            throw Error(
                "CertificateExpired", ErrorKind.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The certificate '{leaf.Subject}' expired on {leaf.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm} UTC."),
                "Have it renewed; if the dates look right, see this machine's clock.");
        }

        if (now < leaf.NotBefore)
        {
            throw Error(
                "CertificateNotYetValid", ErrorKind.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The certificate '{leaf.Subject}' is valid from {leaf.NotBefore.UtcDateTime:yyyy-MM-dd HH:mm} UTC only."),
                "Install it then; if the dates look right, see this machine's clock.");
        }

        if (material.ChainProblems(authorities, driver, now) is { Count: > 0 } problems)
        {
            throw Error(
                "CertificateChainBroken", ErrorKind.Refused,
                $"The chain of '{leaf.Subject}' does not lead to a trusted authority: {string.Join("; ", problems)}.",
                "Give the certificate with all its intermediates. -TrustedAuthorities names a file with other authorities than those of "
                    + "the policy.");
        }
    }

    /// <summary>Refuses a certificate that is for nothing here.</summary>
    /// <exception cref="FoobarException"><c>CertificateNameWrong</c>, <c>CertificatePlaceNotFound</c>.</exception>
    public static void RefuseAimless(Certificate leaf, Site site, CertificateChangeOptions options, IReadOnlyList<ChangeTarget> targets)
    {
        if (targets.Any(static target => target.Places.Count > 0))
        {
            return;
        }

        string names = string.Join(", ", PlaceChoice.Names(leaf).DefaultIfEmpty("no name"));
        string servers = string.Join(", ", targets.Select(static target => target.Server.Name));
        throw options.Places.Count > 0 || HostNames.Covers(leaf, site.Name)
            ? new FoobarException("CertificatePlaceNotFound", ErrorKind.NotFound, options.Places.Count > 0
                ? $"{servers}: no configuration of HAProxy or nginx names a certificate at {string.Join(", ", options.Places)}."
                : $"{servers}: no certificate that HAProxy or nginx serve there is for {names}.")
            {
                Recommendation = "Name the servers with -Server, and the file that is to be replaced with -Place.",
            }
            : Error(
                "CertificateNameWrong", ErrorKind.Refused,
                $"The certificate is for {names}: neither for the site's name {site.Name} nor for any that {servers} serve.",
                "Give the certificate of the site, or name the file that it is to replace with -Place.");
    }

    /// <summary>What refuses a change of a server, each with what to do about it.</summary>
    /// <param name="target">The server.</param>
    /// <param name="leaf">The certificate.</param>
    /// <param name="options">What is accepted.</param>
    public static IEnumerable<FoobarException> Refusals(ChangeTarget target, Certificate leaf, CertificateChangeOptions options)
    {
        string server = target.Server.Name;
        foreach (CertificatePlace place in target.Back is null && !options.AcceptLostNames ? target.Places : [])
        {
            if (PlaceChoice.Lost(place.Leaf, leaf) is { Count: > 0 } lost)
            {
                yield return Error(
                    "CertificateNameWrong", ErrorKind.Refused,
                    $"{server}: the certificate is not for {string.Join(", ", lost)}, for which {place.File.Path} is served.",
                    "Have it issued for all names. -AcceptLostNames installs it all the same.",
                    server);
            }
        }

        foreach (PlaceFile file in target.Files.Where(static file => file.IsOfCertbot))
        {
            yield return Error(
                "CertificateManagedElsewhere", ErrorKind.Refused,
                $"{server}: certbot keeps {file.Path}, and would not know of another one.",
                "Renew it there: certbot renew. With its --deploy-hook the servers get it too.",
                server);
        }

        if (target.OpenTransaction is { } open && target.Haproxy == HaproxyWay.Swap)
        {
            yield return Error(
                "CertificateTransactionOpen", ErrorKind.Refused,
                $"{server}: somebody has begun to change {open} over HAProxy's socket, and has not committed it.",
                $"End it there: abort ssl cert {open}.", server);
        }

        string[] changed = [.. target.Back?.Files.Where(static file => !file.IsAsLeft).Select(static file => file.RealPath) ?? []];
        if (changed.Length > 0 && !options.AcceptLaterChanges)
        {
            yield return Error(
                "CertificateChangedSince", ErrorKind.Refused,
                $"{server}: something else has changed {string.Join(", ", changed)} since {target.Back!.Change}; to undo that change would "
                    + "undo this too.",
                "Compare what is served with what -Undo -WhatIf shows. -AcceptLaterChanges undoes both.",
                server);
        }
    }

    /// <summary>Refuses a server where another change is under way.</summary>
    /// <param name="target">The server.</param>
    /// <param name="own">The numbers of changes that are known to have been ended midway.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="FoobarException"><c>CertificateChangePending</c>.</exception>
    public static void RefusePending(ChangeTarget target, IReadOnlyCollection<string> own, DateTimeOffset now)
    {
        if (target.Leftovers.FirstOrDefault(
            one => one.State != LeftoverState.Kept && !own.Contains(one.Id) && now < one.Deadline) is { } other)
        {
            throw Error(
                "CertificateChangePending", ErrorKind.Refused,
                string.Create(
                    CultureInfo.InvariantCulture, $"{target.Server.Name}: {other} is under way; it has ended by {other.Deadline:u}."),
                "Wait until then and try again.", target.Server.Name);
        }
    }

    /// <summary>Refuses a key on a server that is not the certificate's.</summary>
    /// <param name="target">The server.</param>
    /// <param name="digest">The SHA-256 of its public key as the server tells it; <see langword="null"/> if there is no such file.</param>
    /// <param name="material">The certificate.</param>
    /// <exception cref="FoobarException"><c>CertificateKeyMissing</c>, <c>CertificateKeyMismatch</c>.</exception>
    public static void RefuseServerKey(ChangeTarget target, string? digest, CertificateMaterial material)
    {
        string place = $"{target.Server.Name}: {target.ServerKey}";
        if (digest is null)
        {
            throw ChangeErrors.KeyMissing(place, target.Server.Name);
        }

        if (!digest.StartsWith(Convert.ToHexStringLower(SHA256.HashData(material.PublicKey)), StringComparison.Ordinal))
        {
            throw ChangeErrors.KeyMismatch(place, material.Leaf.Subject, target.Server.Name);
        }
    }

    private static FoobarException Error(string errorId, ErrorKind kind, string message, string recommendation, string? server = null) =>
        new(errorId, kind, message) { Recommendation = recommendation, Server = server };
}
