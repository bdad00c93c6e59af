using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Foobar.Ops.Database.Gtids;

/// <summary>One transaction of MariaDB: <c>domain-server-sequence</c>.</summary>
/// <param name="Domain">The replication domain (<c>gtid_domain_id</c>), within which transactions are in one order.</param>
/// <param name="Server">The <c>server_id</c> of the server that committed it first.</param>
/// <param name="Sequence">The sequence number in the domain.</param>
/// <remarks>Form: MariaDB Knowledge Base, "Global Transaction ID".</remarks>
public readonly record struct MariaDbGtid(uint Domain, uint Server, ulong Sequence)
{
    /// <summary>Reads the written form; <see langword="false"/> if the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MariaDbGtid gtid)
    {
        gtid = default;
        string[] words = text?.Trim().Split('-') ?? [];
        if (words.Length != 3 || !TryNumber(words[0], out uint domain) || !TryNumber(words[1], out uint server)
            || !ulong.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence))
        {
            return false;
        }

        gtid = new(domain, server, sequence);
        return true;
    }

    /// <summary>The written form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Domain}-{Server}-{Sequence}");

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
