using Foobar.Ops.Linux;

namespace Foobar.Ops.Tls.Files;

/// <summary>The certificate and the key that MySQL or MariaDB loads, by the options that its running process has.</summary>
internal static class DatabaseCertificates
{
    /// <summary>What it is read from.</summary>
    public const string Source = "the options of mysqld or mariadbd";

    /// <summary>
    /// Prints <c>== NAME</c> for each database server that runs, then its options, one a line, those of the option files before
    /// those of the command line: the last one holds. One in a container has files of its own; one that has ended meanwhile, or
    /// only tells its version or its options (another collector may be asking it at this moment), is none.
    /// </summary>
    internal const string Script = """
        PATH=$PATH:/usr/local/mysql/bin:/usr/sbin:/sbin
        own=$(readlink /proc/self/ns/pid)
        nl='
        '
        for process in /proc/[0-9]*; do
          name=''
          { read -r name < "$process/comm"; } 2>/dev/null
          case $name in mysqld|mariadbd) ;; *) continue ;; esac
          line=$(tr '\0' '\n' < "$process/cmdline" 2>/dev/null) && space=$(readlink "$process/ns/pid") || continue
          case $line in ''|*--version*|*--print-defaults*|*--help*|*--validate-config*) continue ;; esac
          if [ "$space" != "$own" ]; then echo '== container'; continue; fi
          printf '== %s\n' "$name"
          given=''
          set -f; IFS=$nl
          for word in $line; do
            case $word in --defaults-file*|--defaults-extra-file*|--no-defaults*) given=$word; break ;; esac
          done
          set +f; unset IFS
          # MariaDB's knows --mysqld; only MySQL's needs the version, which takes the server itself most of a tenth of a second to tell.
          my_print_defaults ${given:+"$given"} --mysqld 2>/dev/null || {
            version=$("$(readlink "$process/exe")" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
            my_print_defaults ${given:+"$given"} mysqld server "mysqld-$version" 2>/dev/null || echo '== unread'
          }
          case $line in *"$nl"*) printf '%s\n' "${line#*"$nl"}" ;; esac
        done
        """;

    private const string DataDirectory = "/var/lib/mysql", Socket = "/run/mysqld/mysqld.sock";

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    public static (CertificatePlaces Certificates, KeyPlaces Keys) Parse(string text)
    {
        CertificatePlaces places = new();
        KeyPlaces keys = new();
        string? program = null;
        Dictionary<string, string> options = [];
        foreach ((_, string line) in Lines.Of(text).Append((0, "== end")))
        {
            switch (line)
            {
                case "== container":
                    places.Doubts.Add("a database runs in a container, whose configuration is not read");
                    break;
                case "== unread":
                    places.Doubts.Add("the option files of the database could not be read (my_print_defaults)");
                    break;
                case ['=', '=', ' ', .. var next]:
                    Finish(places, keys, program, options);
                    (program, options) = (next, []);
                    break;
                default:
                    Take(line, options);
                    break;
            }
        }

        keys.Doubts.AddRange(places.Doubts);
        return (places, keys);
    }

    private static void Take(string line, Dictionary<string, string> options)
    {
        if (line.StartsWith("--", StringComparison.Ordinal))
        {
            string[] parts = line[2..].Split('=', 2);
            string name = parts[0].Replace('_', '-');
            const string Loose = "loose-";
            options[name.StartsWith(Loose, StringComparison.Ordinal) ? name[Loose.Length..] : name] = parts.Length > 1 ? parts[1] : "1";
        }
    }

    private static void Finish(CertificatePlaces places, KeyPlaces keys, string? program, Dictionary<string, string> options)
    {
        if (program is null || options.ContainsKey("skip-ssl") || options.GetValueOrDefault("ssl") is "0" or "OFF")
        {
            return;
        }

        bool isMariaDb = program == "mariadbd" || options.Keys.Any(static name => name.Contains("mariadb", StringComparison.Ordinal));
        string directory = options.GetValueOrDefault("datadir", DataDirectory).TrimEnd('/');

        // MySQL makes files of these names in its data directory, and takes them where none is named.
        if (options.GetValueOrDefault("ssl-key") is { Length: > 0 } key)
        {
            keys.Add(key.StartsWith('/') ? key : $"{directory}/{key}");
        }
        else if (!isMariaDb)
        {
            keys.Paths.Add($"{directory}/server-key.pem");
        }

        string? path = options.GetValueOrDefault("ssl-cert") ?? (isMariaDb ? null : "server-cert.pem");
        if (path is { Length: > 0 })
        {
            string socket = options.GetValueOrDefault("socket", Socket);
            places.Uses.Add(new CertificateUse
            {
                Program = isMariaDb ? "MariaDB" : "MySQL",
                Place = options.ContainsKey("ssl-cert") ? "ssl_cert" : "the data directory",
                Path = path.StartsWith('/') ? path : $"{directory}/{path}",
                IsOptional = !options.ContainsKey("ssl-cert"),
                Listeners = [socket.StartsWith('/') ? socket : $"{directory}/{socket}"],
            });
        }
    }
}
