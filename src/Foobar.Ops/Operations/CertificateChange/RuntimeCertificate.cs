using Foobar.Ops.Errors;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>A certificate that the running HAProxy has loaded (Management Guide, 9.3, "show ssl cert").</summary>
/// <param name="Name">The name that it knows it by.</param>
/// <param name="File">The file that it was loaded from, where it tells (HAProxy 3.0 and later); else the name.</param>
/// <param name="Sha1">Its SHA-1 fingerprint, in upper case hexadecimal.</param>
internal sealed record RuntimeCertificate(string Name, string File, string Sha1)
{
    private const string ListCommand = "show ssl cert";

    /// <summary>Reads all of them, and the one whose change is not committed; <see langword="null"/> for none.</summary>
    /// <exception cref="FoobarException"><c>HaproxyUnreachable</c>, <c>OutputNotUnderstood</c>.</exception>
    public static async Task<(IReadOnlyList<RuntimeCertificate> Loaded, string? Open)> ReadAsync(
        IServerSession session, string socket, CancellationToken cancellationToken)
    {
        (IReadOnlyList<string> names, string? open) = ParseList(
            await HaproxySocket.AskAsync(session, socket, ListCommand, cancellationToken));
        List<RuntimeCertificate> loaded = [];
        foreach (string name in names)
        {
            loaded.Add(Parse(name, await HaproxySocket.AskAsync(session, socket, $"{ListCommand} {name}", cancellationToken)));
        }

        return (loaded, open);
    }

    /// <summary>Reads the list: a name a line; behind <c>*</c> the one of an open transaction.</summary>
    internal static (IReadOnlyList<string> Names, string? Open) ParseList(string answer)
    {
        string[] lines = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return ([.. lines.Where(static line => line[0] is not ('#' or '*'))], Array.Find(lines, static line => line[0] == '*')?[1..]);
    }

    /// <summary>Reads the answer about one.</summary>
    /// <exception cref="ParseException">It tells no fingerprint.</exception>
    internal static RuntimeCertificate Parse(string name, string answer)
    {
        string? Value(string key) =>
            answer.Split('\n')
                .Select(static line => line.Split(": ", 2))
                .FirstOrDefault(parts => parts.Length == 2 && parts[0] == key)?[1].Trim();
        return new RuntimeCertificate(
            name, Value("Crt filename") is { Length: > 0 } file ? file : name,
            Value("SHA1 FingerPrint")
                ?? (answer.Contains("Status: ", StringComparison.Ordinal)
                    ? ""
                    : throw new ParseException(null, ListCommand, 0, $"expected what is loaded as {name}, found '{answer.Trim()}'.")));
    }
}
