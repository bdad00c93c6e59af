using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Inventory.Loading;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Discovery.Sources;

/// <summary>A host of an Ansible inventory.</summary>
/// <param name="Target">The host as something to connect to.</param>
/// <param name="Groups">The groups that hold it, those within groups too.</param>
public sealed record AnsibleHost(DiscoveryTarget Target, IReadOnlyList<string> Groups);

/// <summary>The hosts of an Ansible inventory, and what of it could not be taken over.</summary>
/// <param name="Hosts">The hosts, in the order of the inventory.</param>
/// <param name="Doubts">Variables and hosts that were left out, each with its reason.</param>
public sealed record AnsibleHosts(IReadOnlyList<AnsibleHost> Hosts, IReadOnlyList<string> Doubts);

/// <summary>
/// Reads Ansible inventories: INI, YAML, and the JSON of <c>ansible-inventory --list</c> (Ansible documentation, "How to build your
/// inventory"). Of variables only those are read that say how to connect; none that may hold a password.
/// </summary>
public static partial class AnsibleInventory
{
    private const int MostHosts = 10_000;

    /// <summary>How an encrypted value and an encrypted file begin (Ansible documentation, "Format of files encrypted with Ansible
    /// Vault").</summary>
    private const string Vault = "$ANSIBLE_VAULT";

    /// <summary>Stands for a value that is there and is no text; no text of a file is it.</summary>
    private const string Unreadable = "\0";

    /// <summary>The variables read, by what they say; an older name stands behind its newer one.</summary>
    private static readonly string[] HostNames = ["ansible_host", "ansible_ssh_host"];
    private static readonly string[] Ports = ["ansible_port", "ansible_ssh_port"];
    private static readonly string[] Users = ["ansible_user", "ansible_ssh_user"];
    private static readonly string[] KeyFiles = ["ansible_private_key_file", "ansible_ssh_private_key_file"];
    private static readonly string[] Arguments = ["ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args"];
    private static readonly string[] Connections = ["ansible_connection"];
    private static readonly HashSet<string> Known = [.. HostNames, .. Ports, .. Users, .. KeyFiles, .. Arguments, .. Connections];

    /// <summary>Reads an inventory from a file.</summary>
    /// <exception cref="FoobarException"><c>AnsibleInventoryInvalid</c>: the file can't be read, or is no inventory of a known
    /// form.</exception>
    public static AnsibleHosts Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Invalid(path, error.Message, error);
        }

        return Parse(text, path);
    }

    /// <summary>Reads an inventory from text; its form is told by the path's extension and by how it begins.</summary>
    /// <exception cref="FoobarException"><c>AnsibleInventoryInvalid</c>.</exception>
    public static AnsibleHosts Parse(string text, string path)
    {
        string trimmed = text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        Groups groups = new();
        if (trimmed.StartsWith("#!", StringComparison.Ordinal))
        {
            throw Invalid(path, "it is a program; run 'ansible-inventory --list' and give the JSON that it prints");
        }

        if (trimmed.StartsWith(Vault, StringComparison.Ordinal))
        {
            throw Invalid(path, "it is encrypted by Ansible Vault; give the JSON that 'ansible-inventory --list --ask-vault-pass' prints");
        }

        try
        {
            if (trimmed.StartsWith('{'))
            {
                ReadJson(trimmed, groups);
            }
            else if (Path.GetExtension(path).ToUpperInvariant() is ".YML" or ".YAML"
                || trimmed.StartsWith("---", StringComparison.Ordinal)
                || YamlStart().IsMatch(trimmed))
            {
                ReadJson(LoadedDrivers.Yaml.ToJson(text), groups);
            }
            else
            {
                ReadIni(text, groups, path);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidDataException)
        {
            throw Invalid(path, error.Message, error);
        }

        return groups.ToHosts();
    }

    /// <summary>
    /// The hosts that a pattern such as <c>web-[01:03]</c> or <c>db-[a:c].example.com</c> stands for; at most one more than an inventory
    /// may have.
    /// </summary>
    /// <exception cref="InvalidDataException">A range of it holds nothing, or is none of numbers or of letters.</exception>
    public static IEnumerable<string> Expand(string pattern)
    {
        Match range = Range().Match(pattern);
        if (!range.Success)
        {
            return [pattern];
        }

        string before = pattern[..range.Index], behind = pattern[(range.Index + range.Length)..];

        // One too many is an error where hosts are counted; none is left out silently.
        return Items(pattern, range).SelectMany(item => Expand(behind).Select(rest => before + item + rest)).Take(MostHosts + 1);
    }

    private static IEnumerable<string> Items(string pattern, Match range)
    {
        string first = range.Groups[1].Value, last = range.Groups[2].Value;
        bool stepped = int.TryParse(
            range.Groups[3].Success ? range.Groups[3].ValueSpan : "1", NumberStyles.None, CultureInfo.InvariantCulture, out int step);
        if (stepped && step > 0 && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int from)
            && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int to) && from <= to)
        {
            // Leading zeros say how many digits each number has.
            string format = first.Length > 1 && first[0] == '0' ? new string('0', first.Length) : "0";
            return Numbers(from, to, step).Select(number => number.ToString(format, CultureInfo.InvariantCulture));
        }

        return stepped
            && step > 0
            && first.Length == 1
            && last.Length == 1
            && first[0] <= last[0]
            && char.IsAsciiLetter(first[0])
            && char.IsAsciiLetter(last[0])
            ? Numbers(first[0], last[0], step).Select(static letter => ((char)letter).ToString())
            : throw new InvalidDataException(
                $"'{pattern}': '{range.Value}' is no range of numbers or letters, from the lower to the higher one");
    }

    private static IEnumerable<long> Numbers(long from, long to, long step)
    {
        for (long number = from; number <= to; number += step)
        {
            yield return number;
        }
    }

    private static void ReadIni(string text, Groups groups, string path)
    {
        string section = "ungrouped", kind = "";
        int number = 0;
        foreach (string line in text.Split('\n').Select(static line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] is '#' or ';')
            {
                continue;
            }

            if (line[0] == '[' && SectionHead().Match(line) is { Success: true } head)
            {
                (section, kind) = (head.Groups[1].Value, head.Groups[2].Value);
                groups.Touch(section);
                continue;
            }

            string[] words = [.. Word().Matches(line).Select(static match => match.Value)];
            if (words.Length == 0)
            {
                throw Invalid(path, string.Create(CultureInfo.InvariantCulture, $"line {number}: a quote is not closed"));
            }

            switch (kind)
            {
                case "":
                    ReadIniHost(words, section, groups);
                    break;
                case ":children":
                    groups.AddChild(section, words[0]);
                    break;
                case ":vars":
                    int equals = line.IndexOf('=', StringComparison.Ordinal);
                    if (equals > 0)
                    {
                        groups.SetGroup(section, line[..equals].Trim(), Unquoted(line[(equals + 1)..].Trim()));
                    }

                    break;
                default:
                    throw Invalid(
                        path,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"line {number}: '[{section}{kind}]' is neither a group, its children nor its variables"));
            }
        }
    }

    private static void ReadIniHost(string[] words, string group, Groups groups)
    {
        foreach (string written in Expand(words[0]))
        {
            Match withPort = HostPort().Match(written);
            string host = withPort.Success ? withPort.Groups[1].Value : written;
            groups.AddHost(group, host);
            if (withPort.Success)
            {
                groups.SetHost(host, "ansible_port", withPort.Groups[2].Value);
            }

            foreach (string word in words.Skip(1).TakeWhile(static word => word[0] != '#'))
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    groups.SetHost(host, word[..equals], Unquoted(word[(equals + 1)..]));
                }
            }
        }
    }

    private static string Unquoted(string value) =>
        value.Length > 1 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;

    // Both the static form, where hosts is an object, and that of --list, where it is a list beside _meta.hostvars.
    private static void ReadJson(string json, Groups groups)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("it is no object of groups");
        }

        foreach (JsonProperty group in document.RootElement.EnumerateObject())
        {
            if (group.Name == "_meta")
            {
                foreach (JsonProperty host in Members(Member(group.Value, "hostvars")))
                {
                    SetAll(host.Value, (name, value) => groups.SetHost(host.Name, name, value));
                }
            }
            else
            {
                ReadGroup(group.Name, group.Value, groups);
            }
        }
    }

    private static void ReadGroup(string name, JsonElement group, Groups groups)
    {
        groups.Touch(name);
        SetAll(Member(group, "vars"), (key, value) => groups.SetGroup(name, key, value));
        JsonElement? hosts = Member(group, "hosts"), children = Member(group, "children");
        foreach (string host in Items(hosts))
        {
            groups.AddHost(name, host);
        }

        foreach (JsonProperty pattern in Members(hosts))
        {
            foreach (string host in Expand(pattern.Name))
            {
                groups.AddHost(name, host);
                SetAll(pattern.Value, (key, value) => groups.SetHost(host, key, value));
            }
        }

        foreach (string child in Items(children))
        {
            groups.AddChild(name, child);
        }

        foreach (JsonProperty child in Members(children))
        {
            groups.AddChild(name, child.Name);
            ReadGroup(child.Name, child.Value, groups);
        }
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : null;

    private static JsonElement.ObjectEnumerator Members(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } found ? found.EnumerateObject() : default;

    private static IEnumerable<string> Items(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } found ? found.EnumerateArray().Select(static item => item.ToString()) : [];

    private static void SetAll(JsonElement? variables, Action<string, string> set)
    {
        foreach (JsonProperty variable in Members(variables))
        {
            set(variable.Name, variable.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number
                ? variable.Value.ToString()
                : Unreadable);
        }
    }

    private static FoobarException Invalid(string path, string problem, Exception? cause = null) =>
        new("AnsibleInventoryInvalid", ErrorKind.InvalidInput, $"{path} is no Ansible inventory that is understood: {problem}.", cause)
        {
            Recommendation =
                "Give an inventory as INI or YAML, or the JSON of 'ansible-inventory --list', which holds everything that plugins and "
                    + "templates add.",
        };

    private sealed class Groups
    {
        private readonly Dictionary<string, List<string>> _hosts = [];
        private readonly Dictionary<string, List<string>> _children = [];
        private readonly Dictionary<string, Dictionary<string, string>> _groupVariables = [];
        private readonly Dictionary<string, Dictionary<string, string>> _hostVariables = [];
        private readonly List<string> _order = [];

        public void Touch(string group)
        {
            _hosts.TryAdd(group, []);
            _children.TryAdd(group, []);
            _groupVariables.TryAdd(group, []);
        }

        public void AddHost(string group, string host)
        {
            Touch(group);
            _hosts[group].Add(host);
            if (_hostVariables.TryAdd(host, []) || !_order.Contains(host))
            {
                _order.Add(host);
            }

            if (_order.Count > MostHosts)
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"it has more than {MostHosts} hosts"));
            }
        }

        public void AddChild(string group, string child)
        {
            Touch(group);
            Touch(child);
            _children[group].Add(child);
        }

        public void SetGroup(string group, string name, string value)
        {
            Touch(group);
            if (Known.Contains(name))
            {
                _groupVariables[group][name] = value;
            }
        }

        public void SetHost(string host, string name, string value)
        {
            _hostVariables.TryAdd(host, []);
            if (Known.Contains(name))
            {
                _hostVariables[host][name] = value;
            }
        }

        public AnsibleHosts ToHosts()
        {
            List<AnsibleHost> hosts = [];
            List<string> doubts = [];
            foreach (string host in _order)
            {
                string[] groups = [.. GroupsOf(host)];
                Dictionary<string, string> variables = Variables(host, groups);
                foreach (string templated in variables.Where(static pair => pair.Value.Contains("{{", StringComparison.Ordinal))
                    .Select(static pair => pair.Key)
                    .ToArray())
                {
                    doubts.Add($"{host}: '{templated}' is a template; give the JSON of 'ansible-inventory --list', or what it stands for");
                    variables.Remove(templated);
                }

                foreach (string encrypted in variables.Where(
                    static pair => pair.Value == Unreadable || pair.Value.Contains(Vault, StringComparison.Ordinal))
                    .Select(static pair => pair.Key)
                    .ToArray())
                {
                    doubts.Add(
                        $"{host}: '{encrypted}' is encrypted by Ansible Vault, or no text; it is left out, and ssh's own setting holds. "
                            + "Name the host with what it stands for, or keep that in ssh_config");
                    variables.Remove(encrypted);
                }

                if (First(variables, Connections) is { } connection
                    && connection is not ("ssh" or "smart" or "paramiko" or "paramiko_ssh" or "ansible.builtin.ssh"))
                {
                    doubts.Add($"{host}: it is connected to by '{connection}', and not by SSH");
                    continue;
                }

                if (ToTarget(host, variables, doubts) is { } target)
                {
                    hosts.Add(new AnsibleHost(target, groups));
                }
            }

            return new AnsibleHosts(hosts, doubts);
        }

        private static DiscoveryTarget? ToTarget(string host, Dictionary<string, string> variables, List<string> doubts)
        {
            string? port = First(variables, Ports), user = First(variables, Users), jump = First(variables, Arguments) is { } arguments
                ? JumpOf(arguments)
                : null;
            SshEndpoint ssh = new()
            {
                Host = First(variables, HostNames) ?? host,
                User = user is not null && Forms.IsUser(user) ? user : null,
                Port = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 65535
                    ? number
                    : null,
                ProxyJump = jump is not null && Forms.IsProxyJump(jump) ? jump : null,
                IdentityFile = First(variables, KeyFiles),
            };
            if (Forms.IsSshHost(ssh.Host))
            {
                return new DiscoveryTarget(host, ssh);
            }

            doubts.Add($"{host}: '{ssh.Host}' is no host that SSH can connect to");
            return null;
        }

        private static string? JumpOf(string arguments) =>
            Jump().Match(arguments) is { Success: true } match ? match.Groups[1].Value : null;

        private static string? First(Dictionary<string, string> variables, string[] names) =>
            names.Select(variables.GetValueOrDefault).FirstOrDefault(static value => !string.IsNullOrEmpty(value));

        // The groups that hold a host, and those that hold these, the innermost first.
        private List<string> GroupsOf(string host)
        {
            List<string> found =
            [
                .. _hosts.Where(pair => pair.Value.Contains(host)).Select(static pair => pair.Key).Order(StringComparer.Ordinal),
            ];
            for (int index = 0; index < found.Count; index++)
            {
                found.AddRange(
                    _children.Where(pair => pair.Value.Contains(found[index]) && !found.Contains(pair.Key))
                        .Select(static pair => pair.Key)
                        .Order(StringComparer.Ordinal));
            }

            return found;
        }

        // "all" gives way to groups, groups to those within them, and all to the host itself.
        private Dictionary<string, string> Variables(string host, string[] groups)
        {
            Dictionary<string, string> variables = [];
            foreach (Dictionary<string, string> each in groups.Where(static group => group != "all")
                .Append("all")
                .Reverse()
                .Select(group => _groupVariables.GetValueOrDefault(group, []))
                .Append(_hostVariables[host]))
            {
                foreach ((string name, string value) in each)
                {
                    variables[name] = value;
                }
            }

            return variables;
        }
    }

    [GeneratedRegex(@"\[([A-Za-z0-9]+):([A-Za-z0-9]+)(?::([0-9]+))?\]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Range();

    [GeneratedRegex(@"^\[([^\]:]+)(:[a-z]+)?\]\s*(?:[#;].*)?$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SectionHead();

    [GeneratedRegex("(?:[^\\s\"']+|\"[^\"]*\"|'[^']*')+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^([^:\[\]]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HostPort();

    [GeneratedRegex(
        @"(?:^|\s)(?:-J\s*|-o\s*ProxyJump[=\s]\s*)['""]?([A-Za-z0-9_\[][A-Za-z0-9._@:,\[\]-]*)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Jump();

    [GeneratedRegex(@"\A(?:#[^\n]*\n\s*)*[A-Za-z_][A-Za-z0-9_]*:\s*(?:\n|$)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex YamlStart();
}
