using System.Text.RegularExpressions;
using Foobar.Ops.Linux;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Legs;

/// <summary>
/// Reads how agents that run report, from their own settings: datadog.yaml (dd_url, skip_ssl_validation), newrelic-infra.yml
/// (collector_url), the collectors of Sumo Logic (endpoint, api_base_url, url, insecure, insecure_skip_verify), telegraf.conf
/// ([[outputs]], urls, insecure_skip_verify, tls_cert), collectd.conf (write_http: URL, VerifyPeer; network: Server,
/// SecurityLevel), zabbix_agentd.conf (Server, ServerActive, TLSConnect, TLSAccept), and the arguments of a running node_exporter
/// with its --web.config.file. Keys and tokens are left on the server: of an address only scheme, host and port come here.
/// </summary>
internal static partial class AgentLinkReader
{
    /// <summary>What it is read from, as findings name it.</summary>
    public const string Source = "configurations of the known agents";

    /// <summary>Prints the lines of settings that matter under a line with the agent and the file.</summary>
    public const string Script = """
        LC_ALL=C
        nl='
        '
        runs() {
          command -v systemctl > /dev/null || return 0
          for unit in "$@"; do systemctl is-active --quiet "$unit" 2>/dev/null && return 0; done
          return 1
        }
        take() {
          [ -f "$2" ] || return 0
          case $1 in
            datadog) runs datadog-agent ;;
            newrelic) runs newrelic-infra ;;
            sumologic) runs otelcol-sumo collector ;;
            zabbix) runs zabbix-agent2 zabbix-agent ;;
            *) runs "$1" ;;
          esac || return 0
          printf '==> %s %s\n' "$1" "$2"
          grep -E "$3" -- "$2" | sed -E 's#(://)[^/@"'"'"' ]*@#\1#g; s#([a-zA-Z0-9+]+://[^/?"'"'"' ,]*)[/?][^"'"'"' ,]*#\1#g'
          printf '\n'
        }
        take datadog /etc/datadog-agent/datadog.yaml '^[[:space:]]*(dd_url|logs_dd_url|site|skip_ssl_validation|logs_no_ssl):'
        take newrelic /etc/newrelic-infra.yml '^[[:space:]]*(collector_url|identity_url|proxy_validate_certificates):'
        for file in /etc/otelcol-sumo/sumologic.yaml /etc/otelcol-sumo/conf.d/*.yaml; do
          take sumologic "$file" '^[[:space:]]*(endpoint|api_base_url|insecure|insecure_skip_verify):'
        done
        take sumologic /opt/SumoCollector/config/user.properties '^[[:space:]]*(url|disableCertValidation)[[:space:]]*='
        for file in /etc/telegraf/telegraf.conf /etc/telegraf/telegraf.d/*.conf; do
          take telegraf "$file" '^[[:space:]]*(\[\[|(urls?|insecure_skip_verify|tls_cert|servers)[[:space:]]*=)'
        done
        for file in /etc/collectd/collectd.conf /etc/collectd.conf /etc/collectd/collectd.conf.d/*.conf; do
          take collectd "$file" '^[[:space:]]*(</?Plugin|URL|VerifyPeer|VerifyHost|ClientCert|Server|SecurityLevel|</?Server)'
        done
        for file in /etc/zabbix/zabbix_agent2.conf /etc/zabbix/zabbix_agentd.conf; do
          take zabbix "$file" '^(Server|ServerActive|TLSConnect|TLSAccept)='
        done
        for process in /proc/[0-9]*; do
          name=''
          { read -r name < "$process/comm"; } 2>/dev/null
          case $name in prometheus-node|node_exporter|node-exporter) ;; *) continue ;; esac
          printf '==> prometheus-node-exporter %s\n' "$name"
          file=''
          set -f; IFS=$nl
          for word in $(tr '\0' '\n' < "$process/cmdline" 2>/dev/null); do
            case $word in --web.listen-address*|-web.listen-address*|--web.config*|-web.config*) printf '%s\n' "$word" ;; esac
            case $word in --web.config=*|-web.config=*|--web.config.file=*|-web.config.file=*) file=${word#*=} ;; esac
          done
          set +f; unset IFS
          [ -z "$file" ] || [ ! -f "$file" ] || grep -E '^[[:space:]]*(tls_server_config|cert_file|client_auth_type):' -- "$file"
          printf '\n'
        done
        true
        """;

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    public static IReadOnlyList<AgentLink> Parse(string text) =>
    [
        .. from section in Sections.Parse(text)
           let agent = section.Key.Split(' ')[0]
           let file = section.Key[(agent.Length + 1)..]
           from link in Links(agent,
               Lines.Of(section.Value).Select(static line => line.Text.Trim()).Where(static line => line.Length > 0).ToArray())
           select link with { Detail = $"{file}: {link.Detail}" },
    ];

    private static IEnumerable<AgentLink> Links(string agent, string[] lines) => agent switch
    {
        "datadog" => [Reporting(agent, lines, "https://app.datadoghq.com", "skip_ssl_validation: true", Flag(lines, "logs_no_ssl"))],
        "newrelic" => [Reporting(agent, lines, "https://infra-api.newrelic.com", "proxy_validate_certificates: false", plain: false)],
        "sumologic" => Sumo(lines),
        "telegraf" => Blocks(lines, static line => line.StartsWith("[[", StringComparison.Ordinal))
            .Where(static block => block[0].StartsWith("[[outputs.", StringComparison.Ordinal)).Select(Telegraf),
        "collectd" => Blocks(lines, static line => line.StartsWith("<Plugin", StringComparison.OrdinalIgnoreCase)).SelectMany(Collectd),
        "zabbix" => Zabbix(lines),
        _ => [Exporter(agent, lines)],
    };

    private static AgentLink Exporter(string agent, string[] lines)
    {
        string[] places = [.. lines.Where(static line => line.Contains("listen-address", StringComparison.Ordinal))
            .Select(static line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..])];
        string place = places.Length == 0 ? ":9100" : string.Join(", ", places);
        bool isLocal = places.Length > 0 && places.All(IsLoopback);
        bool isTls = lines.Any(static line => line.StartsWith("tls_server_config:", StringComparison.Ordinal));
        bool wants = lines.Any(static line => line.Contains("RequireAndVerifyClientCert", StringComparison.Ordinal));
        return new AgentLink
        {
            Agent = agent,
            Place = place,
            IsAsked = true,
            State = isLocal ? LegState.Local : isTls ? LegState.Encrypted : LegState.Plain,
            Verified = isLocal || !isTls ? Observed.NotApplicable(isLocal ? "it listens on loopback" : "it is not encrypted")
                : Observed.Unknown("whether the service verifies the agent stands in the service's configuration"),
            ClientVerified = Observed.Of(wants),
            Detail = isLocal ? "--web.listen-address is loopback" : isTls ? "tls_server_config"
                : "no --web.config.file with tls_server_config",
        };
    }

    private static IEnumerable<AgentLink> Sumo(string[] lines)
    {
        string[] own = [.. lines.Where(static line => !IsLoopback(Value(line)))];
        return own.Any(static line =>
            line.StartsWith("url", StringComparison.Ordinal) || line.StartsWith("endpoint", StringComparison.Ordinal)
            || line.StartsWith("api_base_url", StringComparison.Ordinal))
            ? [Reporting("sumologic", own, "", "insecure_skip_verify: true", Flag(own, "insecure"))]
            : [];
    }

    /// <summary>An agent that reports over HTTPS unless told otherwise.</summary>
    private static AgentLink Reporting(string agent, string[] lines, string usual, string unverified, bool plain)
    {
        string place = lines.Select(static line => Url().Match(line)).FirstOrDefault(static match => match.Success)?.Value ?? usual;
        bool isPlain = plain || lines.Any(static line => line.Contains("http://", StringComparison.OrdinalIgnoreCase));
        bool skips = lines.Any(line => Squeezed(line) == Squeezed(unverified));
        return new AgentLink
        {
            Agent = agent,
            Place = place,
            State = isPlain ? LegState.Plain : LegState.Encrypted,
            Verified = isPlain ? Observed.NotApplicable("it is not encrypted") : Observed.Of(!skips, skips ? unverified : "its default"),
            Detail = isPlain ? lines.FirstOrDefault(static line =>
                line.Contains("http://", StringComparison.OrdinalIgnoreCase)) ?? "TLS is switched off"
                : skips ? unverified : $"reports to {place}",
        };
    }

    private static AgentLink Telegraf(string[] block)
    {
        string name = block[0].Trim('[', ']');
        string? address = block.Select(static line => Url().Match(line)).FirstOrDefault(static match => match.Success)?.Value;
        bool skips = block.Any(static line => Squeezed(line) == "insecure_skip_verify=true");
        LegState state = address is null ? LegState.Unknown
            : IsLoopback(address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..]) ? LegState.Local
            : EncryptedSchemes.Contains(address[..address.IndexOf(':', StringComparison.Ordinal)]) ? LegState.Encrypted
            : LegState.Plain;
        return new AgentLink
        {
            Agent = "telegraf",
            Place = address ?? name,
            State = state,
            Verified = state == LegState.Encrypted ? Observed.Of(!skips, skips ? "insecure_skip_verify" : "its default")
                : Observed.NotApplicable("it is not encrypted"),
            Detail = address is null ? $"{name} names no address by a URL, so how it reports is not known"
                : $"{name} {(skips ? "insecure_skip_verify" : address)}",
        };
    }

    private static IEnumerable<AgentLink> Collectd(string[] block)
    {
        string plugin = block[0].Split([' ', '>', '"'], StringSplitOptions.RemoveEmptyEntries).Skip(1).FirstOrDefault() ?? "";
        bool isNetwork = plugin == "network";

        // Plugins that read have addresses too (nginx, curl): those of what they ask.
        if (!isNetwork && plugin != "write_http")
        {
            yield break;
        }

        foreach (string line in block.Skip(1).Where(line => isNetwork
            ? line.StartsWith("Server", StringComparison.OrdinalIgnoreCase)
                || line.StartsWith("<Server", StringComparison.OrdinalIgnoreCase)
            : line.StartsWith("URL", StringComparison.OrdinalIgnoreCase)))
        {
            string place = line.Split([' ', '"', '>', '<'], StringSplitOptions.RemoveEmptyEntries).Skip(1).FirstOrDefault() ?? "";
            bool encrypts = isNetwork
                ? block.Any(static each =>
                    each.StartsWith("SecurityLevel", StringComparison.OrdinalIgnoreCase)
                        && each.Contains("Encrypt", StringComparison.OrdinalIgnoreCase))
                : place.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
            bool skips = block.Any(static each => Squeezed(each) is "verifypeerfalse" or "verifyhostfalse");
            yield return new AgentLink
            {
                Agent = "collectd",
                Place = place,
                State = IsLoopback(place) ? LegState.Local : encrypts ? LegState.Encrypted : LegState.Plain,

                // The network plugin's key is a password that both sides have.
                Verified = !encrypts ? Observed.NotApplicable("it is not encrypted")
                    : Observed.Of(!skips, isNetwork ? "a password of both sides" : skips ? "VerifyPeer false" : "its default"),
                ClientVerified = Observed.Of(encrypts && isNetwork),
                Detail = isNetwork ? $"network: SecurityLevel {(encrypts ? "Encrypt" : "is not Encrypt")}"
                    : $"{plugin}: {(skips ? "VerifyPeer false" : place)}",
            };
        }
    }

    private static IEnumerable<AgentLink> Zabbix(string[] lines)
    {
        (string Place, string Key, bool IsAsked)[] ways = [("ServerActive", "TLSConnect", false), ("Server", "TLSAccept", true)];
        foreach ((string place, string key, bool isAsked) in ways)
        {
            string? peers = lines.FirstOrDefault(line => line.StartsWith($"{place}=", StringComparison.Ordinal))?[(place.Length + 1)..];
            if (string.IsNullOrWhiteSpace(peers))
            {
                continue;
            }

            string how = lines.FirstOrDefault(line =>
                line.StartsWith($"{key}=", StringComparison.Ordinal))?[(key.Length + 1)..] ?? "unencrypted";
            bool isPlain = how.Split(',').Select(static word => word.Trim()).Contains("unencrypted");
            bool isLocal = peers.Split(',').All(static peer => IsLoopback(peer.Trim()));
            yield return new AgentLink
            {
                Agent = "zabbix",
                Place = peers,
                IsAsked = isAsked,
                State = isLocal ? LegState.Local : isPlain ? LegState.Plain : LegState.Encrypted,
                Verified = isPlain ? Observed.NotApplicable("it is not encrypted") : Observed.Yes($"{key}={how}"),
                ClientVerified = Observed.Of(!isPlain, $"{key}={how}"),
                Detail = $"{key}={how}",
            };
        }
    }

    /// <summary>The lines from each one that begins a block up to the next one.</summary>
    private static IEnumerable<string[]> Blocks(string[] lines, Func<string, bool> begins)
    {
        int[] starts = [.. lines.Index().Where(line => begins(line.Item)).Select(static line => line.Index), lines.Length];
        return starts.Zip(starts.Skip(1), (from, to) => lines[from..to]);
    }

    private static readonly string[] EncryptedSchemes = ["https", "wss", "ssl", "tls", "mqtts", "amqps"];

    private static bool Flag(string[] lines, string name) => lines.Any(line => Squeezed(line) == $"{name}:true");

    private static string Squeezed(string line) =>
        line.Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal).Replace(
            "\"", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string Value(string line) => line.IndexOfAny([':', '=']) is >= 0 and int at ? line[(at + 1)..].Trim().Trim('"') : line;

    private static bool IsLoopback(string place) =>
        place.StartsWith("127.", StringComparison.Ordinal) || place.StartsWith("localhost", StringComparison.OrdinalIgnoreCase)
        || place.StartsWith("[::1]", StringComparison.Ordinal) || place == "::1";

    [GeneratedRegex("""[a-z][a-z0-9+]*://[^\s"'\],]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Url();
}
