using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>nginx's configuration on a server, as the program itself reads it.</summary>
internal static class NginxFiles
{
    /// <summary>The command it is read by, as findings and errors name it.</summary>
    public const string Source = "nginx -T";

    /// <summary>The exit code of <see cref="Script"/> where there is no nginx.</summary>
    public const int NotInstalled = 66;

    /// <summary>
    /// Prints the configuration that the running nginx was started with: its program and its options -c and -p stand in the
    /// title of the master process. The usual one where none runs.
    /// </summary>
    internal const string Script = """
        PATH=$PATH:/usr/local/sbin:/usr/local/nginx/sbin:/usr/sbin:/sbin
        program=nginx config='' prefix='' running=no container=no own=$(readlink /proc/self/ns/pid)
        for process in /proc/[0-9]*; do
          name=''
          { read -r name < "$process/comm"; } 2>/dev/null
          [ "$name" = nginx ] || continue
          title=$(tr '\0' ' ' < "$process/cmdline" 2>/dev/null)
          case $title in 'nginx: master process '*) ;; *) continue ;; esac
          if [ "$(readlink "$process/ns/pid")" != "$own" ]; then container=yes; continue; fi
          running=yes
          set -f
          set -- ${title#nginx: master process }
          [ ! -x "$1" ] || program=$1
          before=''
          for word in "$@"; do
            case $before in -c) config=$word ;; -p) prefix=$word ;; esac
            before=$word
          done
          set +f
          break
        done
        if [ $container = yes ] && [ $running = no ]; then echo 'it runs in a container, whose configuration is not read' >&2; exit 67; fi
        command -v "$program" >/dev/null 2>&1 || exit 66
        set -- -T
        [ -z "$config" ] || set -- "$@" -c "$config"
        [ -z "$prefix" ] || set -- "$@" -p "$prefix"
        "$program" "$@"
        """;

    /// <summary>Reads it; nothing where there is no nginx.</summary>
    public static async Task<Reading<NginxDirective>> ReadAsync(IServerSession session, CancellationToken cancellationToken)
    {
        Reading<NginxDirective> none = Reading.Of(new NginxDirective("", []), Source);
        CommandResult result = await session.RunAsync(
            RemoteCommand.FromScript(Script) with { Privileged = true, OutputCap = 64 * 1024 * 1024, IsShared = true, IsShort = true },
            cancellationToken);
        if (result.ExitCode == NotInstalled)
        {
            return none;
        }

        try
        {
            return result.ExitCode == 0
                ? Reading.Of(NginxText.Parse(result.OutputText), Source)
                : Reading.Unreadable<NginxDirective>($"nginx's configuration can't be read: {result.ErrorText.Trim()}", Source);
        }
        catch (Errors.ParseException error)
        {
            return Reading.Unreadable<NginxDirective>(error.Message, Source);
        }
    }
}
