using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Servers;

/// <summary>The SSH server's settings as its configuration and its command line make them (sshd_config(5), sshd(8)).</summary>
public sealed record SshdSettings
{
    /// <summary>The command this is read from.</summary>
    public const string Source = "sshd -T";

    /// <summary>
    /// Finds sshd outside an ordinary user's PATH. Socket-activated servers make the directory for privilege separation
    /// only while they run; where it is missing sshd refuses even to print its settings.
    /// </summary>
    /// <remarks>
    /// The settings are asked for with the options that the listener was started with; its process title holds them
    /// (<c>sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups</c>, sshd.c). On SIGHUP it executes itself anew under the same id and
    /// start time, and writes its file of the process id again: that file's time is when it last read its configuration. Without a
    /// listener each connection starts an sshd, which reads the files then. A Match block is not printed; one that loosens what is
    /// asked for is told by a line of its own.
    /// </remarks>
    internal const string Script = """
        PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
        cd /etc/ssh || exit
        set -f
        # Arguments: the process id, or none, and the words of the command line. Quotes are lost in them: what follows -o is one option.
        settings() {
          process=$1 file=sshd_config
          shift
          count=$#
          while [ "$count" -gt 0 ]; do
            word=$1
            shift; count=$((count - 1))
            case $word in
              -[ofphcEbgkuC])
                if [ "$count" -eq 0 ]; then echo "OPTION $word"; continue; fi
                value=$1
                shift; count=$((count - 1)) ;;
              -[ofphcEbgkuC]?*) value=${word#-?} word=${word%"${word#-?}"} ;;
              -[DdeqrR46] | -[DdeqrR46][DdeqrR46]*) continue ;;
              *) echo "OPTION $word"; continue ;;
            esac
            while [ "$word" = -o ] && [ "$count" -gt 0 ]; do
              case $1 in -*) break ;; esac
              value="$value $1"
              shift; count=$((count - 1))
            done
            case $word in
              -f) file=$value; set -- "$@" -f "$value" ;;
              -o | -p | -h | -c) set -- "$@" "$word" "$value" ;;
            esac
          done
          printed=$(sshd -T "$@") || return
          printf '%s\n' "$printed"
          set +f
          # Some kinds of awk end at the first file that is missing.
          files=''
          for each in "$file" sshd_config.d/*.conf; do [ ! -f "$each" ] || files="$files $each"; done
          for each in $(awk '{ gsub(/[="]/, " ") } tolower($1) == "include" { for (i = 2; i <= NF; i++) print $i }' $files); do
            case " $files " in *" $each "* | *" ${each#/etc/ssh/} "*) ;; *) [ ! -f "$each" ] || files="$files $each" ;; esac
          done
          awk '{ gsub(/=/, " "); key = tolower($1); value = tolower($2); gsub(/"/, "", value) }
            FNR == 1 { block = "" }
            key == "match" { block = $0 }
            block != "" && value == "yes" && key ~ /^(permitrootlogin|permitemptypasswords|(password|kbdinteractive|challengeresponse)authentication)$/ {
              if (!said++) print block
            }
            block != "" && key == "authenticationmethods" {
              for (i = 2; i <= NF; i++) if (tolower($i) !~ /publickey|hostbased|gssapi-with-mic/ && !said++) print block
            }' $files
          if [ -n "$process" ]; then
            read=0 pidfile=$(printf '%s\n' "$printed" | awk 'tolower($1) == "pidfile" { print $2 }')
            if [ "$(cat "$pidfile" 2>/dev/null)" = "$process" ]; then read=$(stat -c %Y "$pidfile"); fi
            hertz=$(getconf CLK_TCK 2>/dev/null || echo 100)
            start=$(sed 's/.*) //' "/proc/$process/stat" | awk -v hertz="$hertz" '{ print int($20 / hertz) }')
            start=$((start + $(awk '$1 == "btime" { print $2 }' /proc/stat) + 1))
            if [ "$start" -gt "$read" ]; then read=$start; fi
            for each in sshd_config.d $files; do
              changed=$(stat -L -c %Z "$each" 2>/dev/null) || continue
              if [ "$changed" -gt "$read" ]; then echo "EDITED $each"; break; fi
            done
          fi
          set -f
        }
        seen='
        '
        for process in $(ls /proc/); do
          case $process in *[!0-9]*) continue ;; esac
          name=''
          { read -r name < "/proc/$process/comm"; } 2>/dev/null
          [ "$name" = sshd ] || continue
          [ "$(readlink "/proc/$process/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || continue
          title=$(tr '\0' ' ' < "/proc/$process/cmdline" 2>/dev/null)
          case $title in 'sshd: '*' [listener] '*) ;; *) continue ;; esac
          line=${title#sshd: } line=${line%" [listener] "*}
          case $seen in *"
        $line
        "*) continue ;; esac
          seen="$seen$line
        "
          echo "LISTENER $line"
          # The path of sshd comes first.
          set -- $line
          shift
          settings "$process" "$@" || exit
        done
        if [ "$seen" = '
        ' ]; then
          set -- $(sed -n 's/^[[:space:]]*\(SSHD_OPTS\|OPTIONS\)=//p' /etc/default/ssh /etc/sysconfig/sshd 2>/dev/null | tr -d "\"'")
          settings '' "$@" || exit
        fi
        """;

    private const string Listener = "LISTENER ";

    /// <summary><c>yes</c>, <c>prohibit-password</c>, <c>forced-commands-only</c>, <c>no</c>.</summary>
    public required string PermitRootLogin { get; init; }

    /// <summary>Whether a password opens the server.</summary>
    public required bool PasswordAuthentication { get; init; }

    /// <summary>Whether a password asked for by PAM does.</summary>
    public bool KeyboardInteractiveAuthentication { get; init; }

    /// <summary>Whether an empty password is one.</summary>
    public bool PermitEmptyPasswords { get; init; }

    /// <summary>
    /// The methods that must all succeed, alternatives apart by a blank (<c>publickey,password</c>); <c>any</c> for one of
    /// any.
    /// </summary>
    public string AuthenticationMethods { get; init; } = "any";

    /// <summary>What of the settings is not understood; each with its reason.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>Whether graphics are forwarded.</summary>
    public bool X11Forwarding { get; init; }

    /// <summary>Whether any kind of password alone opens the server.</summary>
    public bool TakesPasswords => (PasswordAuthentication || KeyboardInteractiveAuthentication)
        && AuthenticationMethods.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Any(methods => !methods.Split(',').Any(method => method is "publickey" or "hostbased" or "gssapi-with-mic"));

    /// <summary>
    /// Reads the output of <c>sshd -T</c>: keyword and value a line, in lower case. Of several listeners the one that lets most in
    /// counts, and what is not understood of any.
    /// </summary>
    /// <exception cref="Errors.ParseException">permitrootlogin or passwordauthentication is missing.</exception>
    public static SshdSettings Parse(string text)
    {
        string[] blocks = ("\n" + text).Split($"\n{Listener}");
        SshdSettings[] all = blocks.Length == 1
            ? [ParseOne(text)]
            : [.. blocks.Skip(1).Select(static block => ParseOne(block[(block.IndexOf('\n', StringComparison.Ordinal) + 1)..]))];
        SshdSettings loosest = all.MaxBy(static each => !each.TakesPasswords ? 0 : each.PermitRootLogin == "yes" ? 2 : 1)!;
        return loosest with { Doubts = [.. all.SelectMany(static each => each.Doubts).Distinct()] };
    }

    private static SshdSettings ParseOne(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, ' ');
        string Required(string key) =>
            values.TryGetValue(key, out string? value)
                ? value
                : throw new Errors.ParseException(null, Source, 0, $"expected a line '{key}'.");
        bool Is(string key) => values.GetValueOrDefault(key) == "yes";
        return new SshdSettings
        {
            // An old name of the same setting, which some versions still print.
            PermitRootLogin = Required("permitrootlogin") is "without-password" ? "prohibit-password" : values["permitrootlogin"],
            PasswordAuthentication = Required("passwordauthentication") == "yes",
            KeyboardInteractiveAuthentication = Is("kbdinteractiveauthentication") || Is("challengeresponseauthentication"),
            PermitEmptyPasswords = Is("permitemptypasswords"),
            X11Forwarding = Is("x11forwarding"),
            AuthenticationMethods = values.GetValueOrDefault("authenticationmethods") is { Length: > 0 } methods ? methods : "any",
            Doubts =
            [
                .. values.Select(
                    pair =>
                        SshdWords.Settings.Trouble(pair.Key) is { } trouble
                            ? (pair.Value.Length > 0 && !SshdWords.Settings.IsHandled(pair.Key)
                                ? $"{trouble} ({pair.Key} {pair.Value})"
                                : trouble)
                            : null).OfType<string>(),
                .. new[] { SshdWords.RootLogins.Trouble(values["permitrootlogin"]) }.OfType<string>(),
            ],
        };
    }
}
