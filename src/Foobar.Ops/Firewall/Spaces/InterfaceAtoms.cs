using Foobar.Ops.Errors;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// Interface names as small numbers. Rules name interfaces and prefixes (<c>eth*</c>); names that no rule tells apart
/// share a number, so that the countless possible names become few. 0 stands for "no interface".
/// </summary>
internal sealed class InterfaceAtoms
{
    private readonly string[] _names;
    private readonly string[] _prefixes;

    /// <summary>Numbers the names and prefixes.</summary>
    /// <param name="patterns">Names, and prefixes that end in <c>*</c>.</param>
    /// <exception cref="FoobarException"><c>RulesetTooComplex</c>: more than 250 different ones.</exception>
    public InterfaceAtoms(IEnumerable<string> patterns)
    {
        string[] distinct = [.. patterns.Where(pattern => pattern.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        _names = [.. distinct.Where(pattern => pattern[^1] != '*')];
        _prefixes = [.. distinct.Where(pattern => pattern[^1] == '*').Select(pattern => pattern[..^1])];
        if (distinct.Length > 250)
        {
            throw new FoobarException(
                "RulesetTooComplex", ErrorKind.Refused,
                $"The rules and the server name {distinct.Length} different interfaces; at most 250 are told apart.");
        }
    }

    /// <summary>The number of "no interface": output's incoming, input's outgoing.</summary>
    public const int None = 0;

    /// <summary>The number that every name no rule mentions has.</summary>
    public int Other => 1 + _names.Length + _prefixes.Length;

    /// <summary>The numbers of all interfaces there can be.</summary>
    public IntervalSet All => IntervalSet.Range(1, (UInt128)Other);

    /// <summary>The number of a name.</summary>
    public int Of(string name)
    {
        int known = Array.IndexOf(_names, name);
        if (known >= 0)
        {
            return 1 + known;
        }

        int best = -1;
        for (int index = 0; index < _prefixes.Length; index++)
        {
            bool longer = best < 0 || _prefixes[index].Length > _prefixes[best].Length;
            best = longer && name.StartsWith(_prefixes[index], StringComparison.Ordinal) ? index : best;
        }

        return best < 0 ? Other : 1 + _names.Length + best;
    }

    /// <summary>The numbers a name or prefix stands for.</summary>
    public IntervalSet Matching(string pattern)
    {
        if (pattern.Length == 0 || pattern[^1] != '*')
        {
            return IntervalSet.Of((UInt128)Of(pattern));
        }

        string prefix = pattern[..^1];
        return prefix.Length == 0 ? All : IntervalSet.Union(Enumerable.Range(1, _names.Length + _prefixes.Length)
            .Where(atom => Stem(atom).StartsWith(prefix, StringComparison.Ordinal))
            .Select(atom => IntervalSet.Of((UInt128)atom)));
    }

    /// <summary>A name for a number, for people.</summary>
    public string Label(int atom) => atom switch
    {
        None => "-",
        _ when atom <= _names.Length => _names[atom - 1],
        _ when atom < Other => _prefixes[atom - 1 - _names.Length] + "*",
        _ => "*",
    };

    private string Stem(int atom) => atom <= _names.Length ? _names[atom - 1] : _prefixes[atom - 1 - _names.Length];
}
