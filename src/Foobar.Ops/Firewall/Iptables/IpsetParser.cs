using Foobar.Ops.Errors;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Reads <c>ipset save</c> (ipset(8)). A set of which something is not understood makes the matches on it undecided.</summary>
internal static class IpsetParser
{
    /// <summary>Reads the sets, by name.</summary>
    /// <exception cref="ParseException">A line is none of <c>create</c> and <c>add</c>, or one before its set was created.</exception>
    public static IReadOnlyDictionary<string, NamedSet> Parse(string text, string? server = null)
    {
        Dictionary<string, IpsetListing> sets = [];
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            try
            {
                Read(line, sets);
            }
            catch (FormatException exception)
            {
                throw new ParseException(server, "ipset save", number, exception.Message, exception);
            }
        }

        return sets.ToDictionary(static pair => pair.Key, static pair => pair.Value.Finish());
    }

    private static void Read(string line, Dictionary<string, IpsetListing> sets)
    {
        SaveTokens words = new(line);
        switch (words.More ? words.Take() : string.Empty)
        {
            case "":
                break;
            case "create":
                string name = words.Take();
                sets[name] = new IpsetListing(name, words.Take(), words);
                break;
            case "add" when sets.TryGetValue(words.Take(), out IpsetListing? set):
                set.Add(words.Take(), words);
                break;
            default:
                throw new FormatException($"create or add expected, found '{line}'");
        }
    }
}
