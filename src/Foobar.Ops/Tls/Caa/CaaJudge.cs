using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls.Caa;

/// <summary>Judges whether DNS lets the declared authorities issue certificates for a name, and no other.</summary>
internal static class CaaJudge
{
    private static readonly HashSet<string> Known =
    [
        "issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone",
    ];

    /// <summary>The verdict on a name.</summary>
    /// <param name="set">The records that hold for it.</param>
    /// <param name="issuers">The authorities that the policy allows.</param>
    public static Verdict Judge(CaaSet set, IReadOnlyList<string> issuers)
    {
        string expected = $"issue records for {string.Join(", ", issuers)}, and no other";
        string actual = set.Owner is null ? "no CAA record: any authority may issue"
            : $"{set.Owner}: {string.Join("; ", set.Records.Select(static record => $"{record.Tag} '{record.Value}'"))}";
        HashSet<string> allowed = [.. issuers.Select(static issuer => issuer.ToLowerInvariant())];
        string[] named = [.. Issuers(set, "issue")];
        string[] strangers =
        [
            .. named.Concat(Issuers(set, "issuewild")).Where(issuer => issuer.Length > 0 && !allowed.Contains(issuer)).Distinct(),
        ];
        string? wrong = set.Owner is null || named.Length == 0 ? "any authority may issue"
            : strangers.Length > 0 ? $"{string.Join(", ", strangers)} may issue too"
            : !named.Any(allowed.Contains) ? "none that is declared may issue: the next renewal fails"
            : set.Records.FirstOrDefault(static record => record.IsCritical && !Known.Contains(record.Tag)) is { } critical
                ? $"'{critical.Tag}' is critical, and no authority that does not know it may issue"
            : null;
        return wrong is null
            ? Verdict.Pass(set.Name, actual)
            : Verdict.Fail(set.Name, expected, set.Owner is null ? actual : $"{wrong} ({actual})", $"CAA records of {set.Name}");
    }

    private static IEnumerable<string> Issuers(CaaSet set, string tag) =>
        set.Records.Where(record => record.Tag == tag).Select(static record => record.Issuer);
}
