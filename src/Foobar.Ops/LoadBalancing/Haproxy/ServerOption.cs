using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>An option of a <c>server</c> or <c>default-server</c> line.</summary>
/// <param name="Name">The keyword.</param>
/// <param name="Word">Where it stands.</param>
/// <param name="Argument">Its argument, where it has one.</param>
/// <param name="Trouble">Why what it does is not known; <see langword="null"/> if it is.</param>
internal sealed record ServerOption(string Name, ConfigurationWord Word, ConfigurationWord? Argument, string? Trouble)
{
    /// <summary>
    /// Takes the options of a line apart. The first keyword that is not known ends it, since what follows it can't be read.
    /// </summary>
    public static IEnumerable<ServerOption> Read(IEnumerable<ConfigurationWord> words)
    {
        using IEnumerator<ConfigurationWord> each = words.GetEnumerator();
        while (each.MoveNext())
        {
            ConfigurationWord keyword = each.Current;

            // A keyword may have its own argument in parentheses: set-proxy-v2-tlv-fmt(0x20).
            string name = keyword.Text.IndexOf('(', StringComparison.Ordinal) is > 0 and int open ? keyword.Text[..open] : keyword.Text;
            if (keyword.HasVariable || HaproxyWords.ServerOptions.Find(name) is null)
            {
                yield return new ServerOption(
                    name, keyword, null,
                    keyword.HasVariable ? $"an environment variable stands for '{keyword}'" : HaproxyWords.ServerOptions.Trouble(name));
                yield break;
            }

            ConfigurationWord? argument = !HaproxyServerWords.Flags.Contains(name) && each.MoveNext() ? each.Current : null;
            yield return new ServerOption(name, keyword, argument, HaproxyWords.ServerOptions.Trouble(name));
        }
    }
}
