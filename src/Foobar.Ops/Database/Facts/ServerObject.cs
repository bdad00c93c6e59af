using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// Something that replication should keep the same on every member: an account, its grants, a routine, trigger, event or view, a table's
/// columns.
/// </summary>
/// <param name="Kind">What it is: <c>account</c>, <c>grants</c>, <c>routine</c>, <c>trigger</c>, <c>event</c>, <c>view</c>,
/// <c>table</c>.</param>
/// <param name="Name">Its name: <c>'app'@'192.0.2.%'</c>, <c>shop.orders</c>.</param>
/// <param name="Digest">Of what it consists of.</param>
public sealed record ServerObject(string Kind, string Name, string Digest)
{
    /// <summary>The kind of a table.</summary>
    internal const string OfTable = "table";

    /// <summary>How it differs where only the replica has it.</summary>
    internal const string Alone = "is there alone";

    // Whoever gets a snapshot must not be able to try passwords against it.
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    /// <summary>
    /// Of an account whose password hash has no salt: whether members have the same one (HMAC-SHA256 with a key that the reading process
    /// made and forgets); <see langword="null"/> for all else. It says nothing beside that of another process.
    /// </summary>
    [Measurement]
    public string? Password { get; init; }

    /// <summary>The user of an account or of its grants.</summary>
    internal string User => Name.Split("'@'")[0].Trim('\'');

    /// <summary>Whether it is an account that can log in from the server itself alone.</summary>
    internal bool IsLocal =>
        Kind is "account" or "grants"
            && (Name.EndsWith("@'localhost'", StringComparison.Ordinal)
                || Name.EndsWith("@'127.0.0.1'", StringComparison.Ordinal)
                || Name.EndsWith("@'::1'", StringComparison.Ordinal));

    internal static ServerObject From(DatabaseRow row) => new(row.Text("kind") ?? "", row.Text("name") ?? "", row.Text("digest") ?? "")
    {
        Password = row.Text("secret") is { } secret
            ? Convert.ToHexString(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(secret)))
            : null,
    };

    /// <summary>
    /// What is not the same on a replica as on its source, and how: <c>is missing</c>, <c>differs</c>, <c>is there alone</c>.
    /// </summary>
    /// <param name="source">What the source has.</param>
    /// <param name="replica">What the replica has.</param>
    internal static IReadOnlyList<(ServerObject Object, string How)> Differences(
        IReadOnlyList<ServerObject> source, IReadOnlyList<ServerObject> replica)
    {
        Dictionary<(string, string), ServerObject> theirs = Index(source);
        Dictionary<(string, string), ServerObject> own = Index(replica);
        return
        [
            .. from one in source
               let there = own.GetValueOrDefault((one.Kind, one.Name))
               where (there?.Digest, there?.Password) != (one.Digest, one.Password)
               select (one, there is null ? "is missing" : "differs"),
            .. from one in replica where !theirs.ContainsKey((one.Kind, one.Name)) select (one, Alone),
        ];
    }

    private static Dictionary<(string Kind, string Name), ServerObject> Index(IReadOnlyList<ServerObject> objects)
    {
        Dictionary<(string, string), ServerObject> index = [];
        foreach (ServerObject one in objects)
        {
            index[(one.Kind, one.Name)] = one;
        }

        return index;
    }
}
