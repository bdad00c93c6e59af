using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Strings that mean something to a shell, to OpenSSH or to a parser of either.</summary>
internal static class HostileText
{
    private static readonly string[] Fragments =
    [
        "$(touch {0})", "`touch {0}`", "'; touch {0} #", "\"; touch {0}; \"", "\ntouch {0}\n", "\r\n", "'", "''", "'\\''", "\"", "\\",
        "\\\\", "$", "$x", "${{x}}", "$'\\x41'",
        "|touch {0}", "&", "&&", ";", "<", ">", ">{0}", "*", "?", "[a]", "~", "~root", "!", "!!", "#", "%h", "%%", "%(", "-", "--",
        "-oProxyCommand=touch {0}",
        " ", "\t", "\u0001", "\u007f", "\u0081", "\u0088", "é", "€", "😀", "\u202e", "\ufeff", "EOF", "\nEOF\n", "{{a,b}}", "a", "web-01",
        "=", ":", "@", "/", "..",
    ];

    /// <summary>Strings of such fragments; <paramref name="canary"/> is a file that none of them may make.</summary>
    public static Gen<string> Strings(string canary) =>
        Gen.Elements(Fragments)
            .Select(fragment => string.Format(System.Globalization.CultureInfo.InvariantCulture, fragment, canary))
            .Or(
                ArbMap.Default.GeneratorFor<char>()
                    .Where(character => character != '\0' && !char.IsSurrogate(character))
                    .Select(character => character.ToString()))
            .ListOf()
            .Select(parts => string.Concat(parts));
}
