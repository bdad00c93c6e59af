using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls;

/// <summary>Judges who can read a private key.</summary>
internal static class KeyFileJudge
{
    private const int OthersAny = 7;

    private const int GroupWrite = 16;

    private const int GroupRead = 32;

    /// <summary>Groups made for reading keys, with no member that runs code of others.</summary>
    private static readonly HashSet<string> KeyGroups = ["root", "ssl-cert", "haproxy", "nginx", "mysql"];

    // These read keys before they drop privileges; a key of their own account can be changed by what talks to visitors.
    private static readonly HashSet<string> VisitedAccounts = ["haproxy", "nginx"];

    // The database reads its key as its own account.
    private static readonly HashSet<string> Owners = ["root", "mysql"];

    public static Verdict Judge(KeyFile file)
    {
        string actual = $"{file.Permissions} {file.Owner}:{file.Group}";
        string evidence = $"stat {file.Path}: {actual}";
        const string Owned = "owned by root, or by the database's own account";
        return !Owners.Contains(file.Owner) && !VisitedAccounts.Contains(file.Owner) ? Verdict.Fail(file.Path, Owned, actual, evidence)
            : (file.Mode & (OthersAny | GroupWrite)) != 0
                ? Verdict.Fail(file.Path, "0600, or 0640 for a group made for it", actual, evidence)
            : (file.Mode & GroupRead) != 0 && !KeyGroups.Contains(file.Group)
                ? Verdict.Warning(file.Path, "0600, or 0640 for a group made for it", actual, evidence)
            : VisitedAccounts.Contains(file.Owner) ? Verdict.Warning(file.Path, Owned, actual, evidence)
            : Verdict.Pass(file.Path, actual);
    }
}
