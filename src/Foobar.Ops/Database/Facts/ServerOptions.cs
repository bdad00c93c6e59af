namespace Foobar.Ops.Database;

/// <summary>
/// What a database server would be started with: the output of <c>mysqld --print-defaults</c>, which is the arguments of
/// all configuration files in order, the last one of a name deciding. Dashes and underscores in a name are the same.
/// </summary>
internal sealed class ServerOptions
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);

    private ServerOptions()
    {
    }

    /// <summary>Reads the output.</summary>
    public static ServerOptions Parse(string text)
    {
        ServerOptions options = new();
        foreach (string word in text.Split((char[])[' ', '\n', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                string[] parts = word[2..].Split('=', 2);
                options._values[Canonical(parts[0])] = parts.Length > 1 ? parts[1] : null;
            }
        }

        return options;
    }

    /// <summary>Whether a switch would be on: named alone or with a true value; off if it is not named (the servers' default).</summary>
    public bool Flag(string name)
    {
        if (_values.ContainsKey("skip_" + name) || _values.ContainsKey("disable_" + name))
        {
            return false;
        }

        return _values.TryGetValue(name, out string? value) && (value is null || ServerVariables.IsOn(value.Trim('"', '\'')));
    }

    /// <summary>The value of an option; <see langword="null"/> if it is not named or has none.</summary>
    public string? Value(string name) => _values.GetValueOrDefault(name);

    // Debian's MariaDB prefixes options of newer versions with loose-.
    private static string Canonical(string name)
    {
        string plain = name.Replace('-', '_');
        return plain.StartsWith("loose_", StringComparison.OrdinalIgnoreCase) ? plain["loose_".Length..] : plain;
    }
}
