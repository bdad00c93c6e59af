using System.Security.Cryptography;

namespace Foobar.Ops.Lab.Setup;

/// <summary>
/// The passwords of one lab; they are made with it and stand on its servers only (and in a file that root alone reads, to repair a
/// half-raised lab).
/// </summary>
internal sealed record LabSecrets
{
    /// <summary>The application's database user's.</summary>
    public required string Application { get; init; }

    /// <summary>The replication user's.</summary>
    public required string Replication { get; init; }

    /// <summary>The account's that write canaries log in with.</summary>
    public string Canary { get; init; } = Password();

    /// <summary>Makes new ones.</summary>
    public static LabSecrets Create() => new() { Application = Password(), Replication = Password() };

    private static string Password() =>
        RandomNumberGenerator.GetString("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", 28);
}
