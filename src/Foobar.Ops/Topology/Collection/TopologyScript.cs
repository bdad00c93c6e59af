using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Topology.Collection;

/// <summary>The commands that read keepalived, pressure and the application's files.</summary>
internal static class TopologyScript
{
    /// <summary>What it is read from, as findings name it.</summary>
    public const string Source = "keepalived, pressure and the application's files";

    private const string FilesSection = "files ";

    /// <summary>More files than this are not looked at.</summary>
    public const int MostFiles = 20_000;

    /// <summary>More bytes than this are not read.</summary>
    public const long MostBytes = 2L * 1024 * 1024 * 1024;

    // Passwords stay on the server. A file can be replaced by whoever may write a directory on the way to it, so each path is walked
    // from / as the kernel does, through symbolic links too; files that a program is told to write (logs, sockets) are none of them.
    // Of the application's unit the directories of its own files count, not those of its interpreter. GNU find's formats put each
    // file's name last, behind tabs; names with line feeds are told by \001.
    private const string Survey = """
        export LC_ALL=C
        PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
        printf '==> keepalived\n'
        log=''
        file=/etc/keepalived/keepalived.conf
        for process in /proc/[0-9]*; do
          name=''
          { read -r name < "$process/comm"; } 2>/dev/null
          [ "$name" = keepalived ] || continue
          echo running
          log=yes
          set -f
          before=''
          for word in $(tr '\0' ' ' < "$process/cmdline" 2>/dev/null); do
            case $before in -f) file=$word ;; esac
            case $word in --use-file=*) file=${word#*=} ;; esac
            before=$word
          done
          set +f
          break
        done
        printf '\n==> keepalived.conf\n'
        [ ! -r "$file" ] || sed -E 's/(auth_pass|password)[[:space:]].*/\1 -/' -- "$file"
        printf '\n==> keepalived.log\n'
        [ -z "$log" ] || journalctl -q --no-pager -b -o cat -n 2000 SYSLOG_IDENTIFIER=Keepalived_vrrp 2>/dev/null |
          grep -E ' Entering [A-Z]+ STATE|^VRRP_Script'
        printf '\n==> stalls\n'
        root=/sys/fs/cgroup
        [ -f "$root/cgroup.controllers" ] || root=/sys/fs/cgroup/unified
        (cd "$root/system.slice" 2>/dev/null && grep -sH '^some' ./*.service/cpu.pressure ./*.service/memory.pressure ./*.service/io.pressure)
        users='' directories='' ways=''
        walk() {
          at='' rest=$1 links=40
          while [ -n "$rest" ]; do
            part=${rest%%/*}
            case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
            case $part in ''|.) continue ;; ..) at=${at%/*} ; continue ;; esac
            ways="$ways${at:-/}
        "
            if [ -L "$at/$part" ] && [ "$links" -gt 0 ]; then
              links=$((links - 1))
              ways="$ways$at/$part
        "
              target=$(readlink -- "$at/$part")
              case $target in /*) at='' ;; esac
              rest=$target/$rest
            else
              at=$at/$part
            fi
          done
        }
        file() {
          walk "$1"
          ways="$ways$at
        "
        }
        own() {
          case $1 in
            /|/usr|/usr/*bin|/usr/lib*|/usr/local|/usr/local/bin|/usr/local/sbin|/usr/local/lib|/usr/share|/bin|/sbin|/lib*|/etc*|/opt|/srv|/var|/var/lib|/var/www) ;;
            /dev*|/proc*|/sys*|/run*|/var/run*|/tmp*|/var/tmp*|/var/log*|/home|/root*) ;;
            /*) directories="$directories$1
        " ;;
          esac
        }
        set -f
        for given in "$@"; do
          case $given in
            user:*) users="$users ${given#user:}" ;;
            dir:*) directories="$directories${given#dir:}
        " ;;
            owner:*)
              user=$(systemctl show -p User --value -- "${given#owner:}" 2>/dev/null)
              users="$users ${user:-root}" ;;
            unit:*)
              IFS='
        '
              for line in $(systemctl show -p User -p WorkingDirectory -p ExecStart -p FragmentPath -p DropInPaths -- "${given#unit:}" 2>/dev/null); do
                value=${line#*=}
                case $line in
                  User=*) users="$users ${value:-root}" ;;
                  WorkingDirectory=/*) own "$value" ;;
                  FragmentPath=/*) file "$value" ;;
                  DropInPaths=/*)
                    unset IFS
                    for word in $value; do file "$word"; done ;;
                  ExecStart=*)
                    argv=${value#*argv[[]]=}
                    unset IFS
                    program=yes
                    for word in ${argv%% ; *}; do
                      case $word in /*) [ ! -f "$word" ] || own "${word%/*}" ;; esac
                      case $program$word in
                        yes/*|/usr/*|/opt/*|/srv/*|/bin/*|/sbin/*|/lib*) [ ! -f "$word" ] || file "$word" ;;
                      esac
                      program=''
                    done ;;
                esac
              done
              unset IFS ;;
          esac
        done
        printf '\n==> users\n'
        for user in $users; do printf '%s %s\n' "$user" "$(id -Gn -- "$user" 2>/dev/null)"; done | sort -u
        IFS='
        '
        above=''
        for directory in $(printf '%s' "$directories" | sort -u); do
          [ -z "$above" ] || case $directory in "$above"/*) continue ;; esac
          if ! cd "$directory" 2>/dev/null; then printf '\n==> missing %s\n' "$directory"; continue; fi
          above=$directory
          walk "$directory"
          printf '\n==> files %s\n' "$directory"
          set -- $(timeout 10 find . -xdev '(' -type f -o -type l ')' -printf '%s\n' 2>/dev/null | head -n FILES | awk '{ n++; b += $1 } END { printf "%d\n%d\n", n, b }')
          if [ "${1:-0}" -ge FILES ] || [ "${2:-0}" -gt BYTES ]; then printf '!%s files, %s bytes\n' "$1" "$2"; continue; fi
          timeout 10 find . -xdev '(' -type f -o -type l -o -type d ')' -printf '%u\t%g\t%m\t%y\t%l\t%s %i %C@\t%P\0' | tr '\n\0' '\001\n'
        done
        printf '\n==> ways\n'
        set -- $(printf '%s' "$ways" | sort -u)
        [ $# = 0 ] || stat --printf '%U\t%G\t%a\t%F\t%n\n' -- "$@" 2>/dev/null
        exit 0
        """;

    private const string Sums = """
        for directory in "$@"; do
          cd "$directory" 2>/dev/null || continue
          printf '\n==> sums %s\n' "$directory"
          timeout 20 find . -xdev -type f -print0 | timeout 20 xargs -0 -r nice -n 19 sha256sum -z -- | tr '\n\0' '\001\n'
        done
        exit 0
        """;

    /// <summary>The command for a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="policy">The policy, which may name the application's directories and units.</param>
    /// <param name="nginx">nginx's configuration there; without a directive where there is none.</param>
    public static RemoteCommand For(Server server, Policy policy, NginxDirective nginx)
    {
        bool serves = server.Is(Role.Web) || server.Is(Role.App) || server.Is(Role.Code);
        IEnumerable<string> units = server.Is(Role.App) ? policy.Servers.Units.GetValueOrDefault(Role.App, []) : [];
        IEnumerable<string> directories = policy.Topology.AppFiles.Count > 0 ? policy.Topology.AppFiles : ProxyTargets.Roots(nginx);
        string[] arguments = !serves ? [] :
        [
            .. server.Is(Role.Web) ? [$"user:{ProxyTargets.User(nginx) ?? "www-data"}"] : Array.Empty<string>(),
            .. directories.Select(static path => $"dir:{path}"),
            .. units.Select(unit => policy.Topology.AppFiles.Count > 0 ? $"owner:{unit}" : $"unit:{unit}"),
        ];
        string script = Survey.Replace("FILES", (MostFiles + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("BYTES", MostBytes.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return RemoteCommand.FromScript(script, arguments) with { Privileged = true, TimeLimit = TimeSpan.FromSeconds(90) };
    }

    /// <summary>
    /// The command that reads the contents of the files that another one listed; <see langword="null"/> if there are none. They are
    /// what they were as long as the list, with sizes, inodes and the times of their last changes, is the same.
    /// </summary>
    public static RemoteCommand? SumsOf(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        string[] directories =
        [
            .. Named(sections, FilesSection)
                .Where(directory => sections[FilesSection + directory] is { Length: > 0 } listed && !listed.StartsWith('!')),
        ];
        string[] listings = [.. directories.Select(directory => sections[FilesSection + directory])];
        string[][] files = [.. listings.SelectMany(static listing => Lines.Of(listing)).Select(static line => line.Text.Split('\t', 7))];
        return !files.Any(static fields => fields is [_, _, _, "f", _, _, _]) ? null : RemoteCommand.FromScript(Sums, directories) with
        {
            Privileged = true,
            TimeLimit = TimeSpan.FromSeconds(90),
            Sources = new CommandSources([])
            {
                Given = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(listings)))),
                GivenChanged = files.Max(static fields => fields.Length == 7 ? ChangedOf(fields[5]) : long.MaxValue),
            },
        };
    }

    // SIZE INODE SECONDS.FRACTION
    private static long ChangedOf(string state)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        return double.TryParse(state.Split(' ')[^1], Style, CultureInfo.InvariantCulture, out double seconds)
            ? (long)seconds
            : long.MaxValue;
    }

    /// <summary>Reads what the commands print; all but what nginx tells.</summary>
    /// <param name="text">The output of the first.</param>
    /// <param name="sums">The output of that for the contents; empty where there is none.</param>
    /// <exception cref="Errors.ParseException">A line is not of its form.</exception>
    public static TopologyFacts Parse(string text, string sums = "")
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text), contents = Sections.Parse(sums);
        return new TopologyFacts
        {
            Vrrp = Reading.Of(
                VrrpText.Parse(
                    sections.GetValueOrDefault("keepalived.conf", ""),
                    sections.Require("keepalived").Contains("running", StringComparison.Ordinal),
                    sections.GetValueOrDefault("keepalived.log", "")),
                "keepalived.conf"),
            Stalls = Reading.Of<IReadOnlyList<ServiceStall>>(
                Stalls(sections.GetValueOrDefault("stalls", "")), "the control groups' cpu.pressure, memory.pressure, io.pressure"),
            Files = Reading.Of(Files(sections, contents), "find and sha256sum"),
        };
    }

    // ./nginx.service/cpu.pressure:some avg10=0.00 avg60=0.00 avg300=0.00 total=0
    private static ServiceStall[] Stalls(string text) =>
    [
        .. from line in Lines.Of(text)
           let colon = line.Text.IndexOf(":some ", StringComparison.Ordinal)
           where colon > 0
           let path = line.Text[..colon].Split('/')
           where path.Length == 3
           group (File: path[2], Percent: Average(line.Text)) by path[1] into files
           select new ServiceStall(files.Key, Of(files, "cpu"), Of(files, "memory"), Of(files, "io")),
    ];

    private static double? Of(IEnumerable<(string File, double? Percent)> files, string resource) =>
        files.FirstOrDefault(file => file.File == resource + ".pressure").Percent;

    private static double? Average(string line) =>
        Lines.Fields(line).FirstOrDefault(static field => field.StartsWith("avg300=", StringComparison.Ordinal)) is { } field
            && double.TryParse(field[7..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
                ? percent
                : null;

    private static AppFiles Files(IReadOnlyDictionary<string, string> sections, IReadOnlyDictionary<string, string> contents)
    {
        string[] directories = [.. Named(sections, FilesSection)];
        AppFile[] files =
        [
            .. directories.SelectMany(
                directory => In(directory, sections[FilesSection + directory], contents.GetValueOrDefault($"sums {directory}", ""))),
        ];
        string? tooMuch = directories.Select(directory => (directory, Text: sections[FilesSection + directory])).Where(
            static each => each.Text.StartsWith('!'))
            .Select(each => $"{each.directory} has more than is looked at: {each.Text[1..].Trim()}").FirstOrDefault();
        string? slow = files.FirstOrDefault(static file => file.Content.Length == 0) is { } unread
            ? $"not all checksums were read in time, {unread.Directory}/{unread.Path} not"
            : null;
        return new AppFiles
        {
            Directories = directories,
            Missing = [.. Named(sections, "missing ")],
            Users =
            [
                .. Lines.Of(sections.GetValueOrDefault("users", ""))
                    .Select(static line => Lines.Fields(line.Text))
                    .Select(static words => new WebUser(words[0], [.. words.Skip(1)])),
            ],
            Files = files,
            Ways = sections.TryGetValue("ways", out string? ways)
                ? [.. Lines.Of(ways).Select(static line => Way(line.Text)).OfType<PathPart>()]
                : null,
            Limit = tooMuch ?? slow,
        };
    }

    // OWNER GROUP MODE KIND PATH, each behind a tab
    private static PathPart? Way(string line) =>
        line.Split('\t', 5) is [var owner, var group, var mode, var kind, var path]
            ? new PathPart(path, owner, group, mode, kind == "directory", kind == "symbolic link")
            : null;

    private static IEnumerable<string> Named(IReadOnlyDictionary<string, string> sections, string prefix) =>
        sections.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..]);

    // OWNER GROUP MODE KIND TARGET STATE PATH, each behind a tab; sums: HASH  ./PATH
    private static IEnumerable<AppFile> In(string directory, string files, string sums)
    {
        Dictionary<string, string> contents = Lines.Of(sums).Select(static line => line.Text).Where(static line => line.Length > 68)
            .GroupBy(static line => line[68..], StringComparer.Ordinal).ToDictionary(
                static same => same.Key, static same => same.First()[..64], StringComparer.Ordinal);
        return from line in Lines.Of(files)
               where !line.Text.StartsWith('!')
               let fields = line.Text.Split('\t', 7)
               where fields.Length == 7
               orderby fields[6]
               select new AppFile(
                   directory, fields[6], fields[0], fields[1], fields[2],
                   fields[3] == "l" ? $"-> {fields[4]}" : fields[3] == "d" ? AppFile.Folder : contents.GetValueOrDefault(fields[6], ""));
    }
}
