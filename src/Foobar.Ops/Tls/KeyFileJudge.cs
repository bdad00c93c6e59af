using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls;

/// <summary>Judges who can read a private key.</summary>
internal static class KeyFileJudge
{
    private const int OthersAny = 7;

    private const int GroupWrite = 16;

    private const int GroupRead = 32;

    /// <summary>Groups made for reading keys, with no member that runs code of others.</summary>
    private static readonly HashSet<string> KeyGroups = ["root", "ssl-cert", "haproxy", "nginx"];

    public static Verdict Judge(KeyFile file)
    {
        string actual = $"{file.Permissions} {file.Owner}:{file.Group}";
        string evidence = $"stat {file.Path}: {actual}";
        return (file.Mode & (OthersAny | GroupWrite)) != 0 ? Verdict.Fail(file.Path, "0600, or 0640 for a group made for it", actual, evidence)
            : (file.Mode & GroupRead) != 0 && !KeyGroups.Contains(file.Group) ? Verdict.Warning(file.Path, "0600, or 0640 for a group made for it", actual, evidence)
            : Verdict.Pass(file.Path, actual);
    }
}
