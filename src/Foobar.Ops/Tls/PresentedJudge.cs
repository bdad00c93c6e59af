using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Issuance;

namespace Foobar.Ops.Tls;

/// <summary>Judges what is presented with a certificate: the others of its chain, and the OCSP response.</summary>
internal static class PresentedJudge
{
    private const string InOrder = "each certificate issued the one before it, and nothing else";

    /// <summary>The order of the chain, and what nobody needs in it.</summary>
    public static Verdict Order(ServedCertificate served)
    {
        string[] wrong =
        [
            .. served.IsInOrder
                ? Array.Empty<string>()
                : ["the order is another: " + string.Join(", then ", served.Intermediates.Select(one => one.Subject))],
            .. served.Superfluous.Select(one => $"superfluous: {one}"),
        ];
        string size = FormattableString.Invariant(
            $"{served.Intermediates.Count} behind the leaf{(served.HasRoot ? ", the root among them, which clients have" : "")}");
        return wrong.Length == 0
            ? Verdict.Pass(served.Target, size)
            : Verdict.Fail(served.Target, InOrder, string.Join("; ", wrong), served.Evidence);
    }

    /// <summary>Whether a certificate that demands an OCSP response comes with one.</summary>
    public static Verdict Demanded(ServedCertificate served) =>
        !served.Leaf.MustStaple ? Verdict.NotApplicable(served.Target, "the certificate does not demand one")
        : served.StapleProblem is { } why ? Verdict.Unknown(served.Target, Sentence(why), served.Evidence)
        : served.Staple is null
            ? Verdict.Fail(served.Target, "an OCSP response (status_request, RFC 7633)", "none was sent along", served.Evidence)
        : Verdict.Pass(served.Target, $"{served.Staple}");

    /// <summary>What the OCSP response sent along says.</summary>
    public static Verdict Staple(ServedCertificate served, DateTimeOffset time) => served.Staple switch
    {
        null when served.StapleProblem is { } why => Verdict.Unknown(served.Target, Sentence(why), served.Evidence),
        null => Verdict.NotApplicable(served.Target, "none is sent along"),
        { } staple when Wrong(staple, time) is { } wrong =>
            Verdict.Fail(served.Target, "good and current, signed for its issuer", wrong, served.Evidence),
        { } staple => Verdict.Pass(served.Target, $"{staple}"),
    };

    private static string? Wrong(OcspStaple staple, DateTimeOffset time) =>
        staple.Problem is { } problem ? $"unusable: {problem}"
        : staple.IsAuthentic == false ? "neither the issuer nor one whom it charged with that signed it"
        : staple.Status == RevocationStatus.Revoked ? FormattableString.Invariant($"revoked since {staple.RevokedAt:yyyy-MM-dd HH:mm} UTC")
        : staple.Status == RevocationStatus.Unknown ? "the authority does not know the certificate"
        : !staple.HoldsAt(time)
            ? FormattableString.Invariant(
                $"out of date: from {staple.ThisUpdate:yyyy-MM-dd HH:mm} to {staple.NextUpdate:yyyy-MM-dd HH:mm} UTC")
        : null;

    private static string Sentence(string why) => $"Whether an OCSP response is sent along is not known: {why.TrimEnd('.')}.";
}
