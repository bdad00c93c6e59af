using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Linux;

/// <summary>
/// Finds what would keep enabled units from starting: <c>Condition...=</c> and <c>Assert...=</c> (systemd.unit(5)). systemd-analyze(1)
/// takes most of a tenth of a second of processor time a unit, so it is asked only about units with such lines that the shell can't see
/// to hold: what holds line by line, whichever of the files count, holds together.
/// </summary>
internal static partial class ConditionScript
{
    /// <summary>The command, as findings name it.</summary>
    public const string Source = "systemd-analyze condition --unit";

    // A match names its file. Drop-ins for all units of a kind, or whose names begin alike, are taken for each of them.
    private const string Script = """
        export SYSTEMD_COLORS=0 LC_ALL=C
        units=$* kinds=''
        for unit in $units; do
          case " $kinds " in *" ${unit##*.} "*) ;; *) kinds="$kinds ${unit##*.}" ;; esac
        done
        set --
        for directory in SEARCHED; do
          [ -d "$directory" ] || continue
          for kind in $kinds; do set -- "$@" "$directory/$kind.d/"*.conf "$directory/"*-."$kind.d/"*.conf; done
          for unit in $units; do
            set -- "$@" "$directory/$unit"
            [ ! -d "$directory/$unit.d" ] || set -- "$@" "$directory/$unit.d/"*.conf
            case $unit in
              *@*) template=${unit%%@*}@.${unit##*.}; set -- "$@" "$directory/$template" "$directory/$template.d/"*.conf ;;
            esac
          done
        done
        matches=$(grep -sHE '^[[:space:]]*(Condition|Assert)[A-Za-z0-9]*[[:space:]]*=' -- "$@")
        [ -n "$matches" ] || exit 0
        set -f
        for unit in $units; do
          kind=${unit##*.} template=${unit%%@*}@.${unit##*.} asks=''
          IFS='
        '
          for match in $matches; do
            case ${match%%:*} in
              */"$unit"|*/"$unit.d"/*|*/"$template"|*/"$template.d"/*|*/"$kind.d"/*|*-."$kind.d"/*) ;;
              *) continue ;;
            esac
            line=${match#*:}
            case $line in
              *[%\\[:space:]]*) asks=yes ;;
              ConditionPathExists=!/*) [ ! -e "${line#*!}" ] || asks=yes ;;
              ConditionPathExists=/*) [ -e "${line#*=}" ] || asks=yes ;;
              ConditionFileNotEmpty=/*) { [ -f "${line#*=}" ] && [ -s "${line#*=}" ]; } || asks=yes ;;
              *) asks=yes ;;
            esac
          done
          unset IFS
          [ -n "$asks" ] || continue
          printf '\n==> %s\n' "$unit"
          systemd-analyze condition --unit="$unit" 2>&1
        done
        true
        """;

    private static readonly string Text = Script.Replace("SEARCHED", string.Join(' ', UnitScript.Searched), StringComparison.Ordinal);

    /// <summary>Adds to units what is known of their conditions: to those named that start at boot, as far as their files say.</summary>
    /// <param name="session">The server.</param>
    /// <param name="units">Its units.</param>
    /// <param name="names">The units that have to start.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">The connection was lost.</exception>
    public static async Task<IReadOnlyList<Unit>> ReadAsync(
        IServerSession session, IReadOnlyList<Unit> units, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        HashSet<string> meant = [.. names, .. units.Select(static unit => unit.AliasOf).OfType<string>()];
        string[] asked = [.. units.Where(unit => unit.StartsAtBoot && meant.Contains(unit.Name)).Select(static unit => unit.Name)];
        if (asked.Length == 0)
        {
            return units;
        }

        Reading<IReadOnlyDictionary<string, UnitConditions>> read = await session.ReadAsync(
            RemoteCommand.FromScript(Text, asked) with { Privileged = true, IsShort = true }, Parse, Source, cancellationToken);
        UnitConditions unread = new() { Doubt = read.Failure ?? "It was not read." };
        return
        [
            .. units.Select(unit => !asked.Contains(unit.Name) ? unit : unit with
            {
                Conditions = !read.TryGet(out IReadOnlyDictionary<string, UnitConditions>? known) ? unread
                    : known.GetValueOrDefault(unit.Name, new UnitConditions()),
            }),
        ];
    }

    /// <summary>Reads what systemd-analyze says of each unit. Units that it was not asked about are not there.</summary>
    internal static IReadOnlyDictionary<string, UnitConditions> Parse(string text) =>
        Sections.Parse(text).ToDictionary(static unit => unit.Key, static unit => Conditions(unit.Value), StringComparer.Ordinal);

    // A condition with | may fail where another one holds: the last lines tell what comes of all.
    private static UnitConditions Conditions(string text)
    {
        string[] lines = [.. Lines.Of(text).Select(static line => line.Text.Trim())];
        string[] kinds = [.. ((string[])["Condition", "Assert"]).Where(kind => lines.Contains($"{kind}s failed."))];
        bool isTold = lines.Any(
            static line => line is "Conditions succeeded." or "Conditions failed." or "Asserts succeeded." or "Asserts failed.");
        return new UnitConditions
        {
            Failed =
            [
                .. lines.Select(static line => FailedLine().Match(line)).Where(static match => match.Success)
                    .Select(static match => match.Groups["condition"].Value)
                    .Where(condition => kinds.Any(kind => condition.StartsWith(kind, StringComparison.Ordinal))),
            ],
            Doubt = isTold ? null
                : $"{Source} does not tell: {(lines.Length > 0 ? lines[0] : "it prints nothing")}",
        };
    }

    [GeneratedRegex(@"^\S+: (?<condition>(Condition|Assert)\w+=.*) failed\.$", RegexOptions.ExplicitCapture)]
    private static partial Regex FailedLine();
}
