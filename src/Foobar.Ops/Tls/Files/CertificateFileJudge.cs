using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls.Files;

/// <summary>Judges whether running programs serve what their files hold.</summary>
internal static class CertificateFileJudge
{
    /// <summary>The verdicts: one a file that a program serves, and one for each that could not be followed.</summary>
    public static IEnumerable<Verdict> Judge(Reading<IReadOnlyList<CertificateFile>> reading, IReadOnlyList<string> doubts) =>
        reading.Judge(files =>
            files.Where(static file => file.Uses.Any(static use => use.Listeners.Count > 0)).Select(Judge)
                .Concat(
                    doubts.Select(
                        static doubt =>
                            Verdict.Unknown(null, $"A certificate could not be looked at: {doubt}.", CertificateFileReader.Source)))
                .DefaultIfEmpty(Verdict.NotApplicable(actual: "no program serves a certificate from a file")));

    private static Verdict Judge(CertificateFile file)
    {
        string held = $"SHA-256 {file.Leaf.Sha256Fingerprint}";
        CertificateUse use = file.Uses.First(static use => use.Listeners.Count > 0);
        return file.IsLoaded switch
        {
            true => Verdict.Pass(file.Path, held),
            false => Verdict.Fail(
                file.Path,
                FormattableString.Invariant($"{held}, valid until {file.Leaf.NotAfter:yyyy-MM-dd HH:mm} UTC, as the file holds"),
                FormattableString.Invariant(
                    $"SHA-256 {file.Served?.Sha256Fingerprint}, valid until {file.Served?.NotAfter:yyyy-MM-dd HH:mm} UTC, at {use.Listeners[0]}"),
                $"{file.Evidence}; {use}"),
            null => Verdict.Unknown(file.Path, $"Whether it is served is not known: {file.LoadProblem}.", file.Evidence),
        };
    }
}
