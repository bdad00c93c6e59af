using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>
/// What differs by nature between two servers that behave the same: names of machines, and what is counted or timed. Each is put as a
/// word for its kind, so that a value of another kind, or none, still differs. Numbers of transactions are not among them: the model
/// begins with the lab's.
/// </summary>
internal sealed partial class Normalisation
{
    // Columns whose values are counters, places in files, ids and times of the machine.
    private static readonly HashSet<string> Numbers = new(StringComparer.OrdinalIgnoreCase)
    {
        "Read_Source_Log_Pos", "Read_Master_Log_Pos", "Exec_Source_Log_Pos", "Exec_Master_Log_Pos", "Relay_Log_Pos", "Position",
        "File_size",
        "connection", "id", "heard", "seconds", "be_id", "srv_id", "Slave_received_heartbeats", "Uptime", "lastchg",
        "Rpl_semi_sync_source_wait_sessions", "Rpl_semi_sync_master_wait_sessions", "Rpl_semi_sync_source_yes_tx",
        "Rpl_semi_sync_source_no_tx", "Rpl_semi_sync_master_yes_tx", "Rpl_semi_sync_master_no_tx", "Seconds_Behind_Source",
        "Seconds_Behind_Master",
    };

    // The same of variables that are asked for by name.
    private static readonly HashSet<string> Files = new(StringComparer.OrdinalIgnoreCase)
    {
        "Source_Log_File", "Master_Log_File", "Relay_Source_Log_File", "Relay_Master_Log_File", "Relay_Log_File", "File", "Log_name",
    };

    // Paths of a machine.
    private static readonly HashSet<string> Paths = new(
        StringComparer.OrdinalIgnoreCase) { "ssl_cert", "ca", "Source_SSL_CA_File", "Master_SSL_CA_File" };

    // What is declared for a server, and what it is: the lab's own.
    private static readonly HashSet<string> Declared = new(StringComparer.OrdinalIgnoreCase)
    {
        "version", "require_secure_transport", "replica_net_timeout", "slave_net_timeout", "rpl_semi_sync_master_wait_point",
        "rpl_semi_sync_source_wait_point",
    };

    // Errors in words: their numbers are compared.
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase) { "Last_IO_Error", "Last_SQL_Error" };

    private readonly (string Token, string Name)[] _names;
    private readonly Dictionary<string, string> _serverIds;

    /// <summary>Creates it.</summary>
    /// <param name="site">The servers with their addresses.</param>
    /// <param name="identities">MySQL's UUID of each member, and its server id.</param>
    public Normalisation(Site site, IReadOnlyDictionary<string, string> identities)
    {
        IEnumerable<(string, string)> addresses = from server in site.Servers
            from address in server.Addresses
            select ($"{address}", $"<{server.Name}>");
        _names =
        [
            .. addresses.Concat(identities.Where(one => Guid.TryParse(one.Key, out _)).Select(one => (one.Key, $"<uuid of {one.Value}>")))
                .OrderByDescending(one => one.Item1.Length),
        ];
        _serverIds = identities.Where(one => !Guid.TryParse(one.Key, out _)).ToDictionary(one => one.Key, one => one.Value);
    }

    /// <summary>A statement or script.</summary>
    public string Request(string text) =>
        Loopless(
            KillForm().Replace(
                Names(AccountForm().Replace(UsersForm().Replace(Spaces().Replace(text.Trim(), " "), "<accounts>"), "'<account>'@")),
                "KILL <id>"));

    // Both families of addresses lead to the same.
    private static string Loopless(string text) =>
        text.StartsWith("[<", StringComparison.Ordinal)
            ? text.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
            : text;

    /// <summary>A parameter of a statement.</summary>
    public string Parameter(string name, object? value) => name switch
    {
        "password" => "<secret>",
        "since" => value is null ? "NULL" : "<time>",
        "id" when value is not (int or long) => $"{value}" is { Length: > 0 } ? "<operation>" : "",
        "id" => "<connection>",
        "former" or "before" => $"{value}" is { Length: > 0 } ? "<operation>" : "",
        "run" => "<run>",
        _ => Value(name, value) ?? "NULL",
    };

    /// <summary>A value of an answer.</summary>
    public string? Value(string column, object? value)
    {
        string? text = value switch
        {
            null => null,
            bool flag => flag ? "1" : "0",
            byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
        if (text is null)
        {
            return null;
        }

        if (Numbers.Contains(column) && NumberForm().IsMatch(text))
        {
            return "<number>";
        }

        // None until the first of its events was applied.
        return Files.Contains(column) ? "<file>"
            : text.Length == 0 ? ""
            : Paths.Contains(column) ? "<path>"
            : Declared.Contains(column) ? "<declared>"
            : Words.Contains(column) ? "<words>"
            : column is "Gtid_IO_Pos" or "Retrieved_Gtid_Set" ? LastForm().Replace(Names(text.Trim()), "<number>")
            : column is "Slave_SQL_Running_State" or "Replica_SQL_Running_State" ? "<words>"
            : text is "repl" or "replication" ? "<account>"
            : column is "server_id" or "Master_Server_Id" or "Source_Server_Id" ? ServerId(text)
            : column is "host" && HostForm().Match(text) is { Success: true } host ? Names(host.Groups[1].Value)
            : Names(text.Trim());
    }

    /// <summary>A row, by column.</summary>
    public Dictionary<string, string?> Row(DatabaseRow row) =>
        row.Columns.ToDictionary(
            column => column,
            column => Value(column == "Value" && row.Text("Variable_name") is { } name ? name : column, row[column]),
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts the members' names where their addresses, UUIDs and server ids stand.</summary>
    public string Names(string text)
    {
        foreach ((string token, string name) in _names)
        {
            text = text.Replace(token, name, StringComparison.OrdinalIgnoreCase);
        }

        text = LogForm().Replace(
            ProcessForm().Replace(OperationForm().Replace(TimeForm().Replace(text, "<time>"), "<operation>"), "process <number>"),
            "<file>");

        // A set is sorted by UUID.
        text = SetForm().Replace(
            text, static set => string.Join(',', set.Value.Split(',').Select(static one => one.Trim()).Order(StringComparer.Ordinal)));
        text = GtidForm().Replace(
            text,
            match => _serverIds.TryGetValue(match.Groups[1].Value, out string? name) ? $"0-<{name}>-{match.Groups[2].Value}" : match.Value);

        // The order of MariaDB's state says no more than its numbers.
        return StateForm().IsMatch(text) ? string.Join(',', text.Split(',').Order(StringComparer.Ordinal)) : text;
    }

    /// <summary>The name of the member with a server id; the id where none has it.</summary>
    public string ServerId(string id) => _serverIds.TryGetValue(id, out string? name) ? $"<id of {name}>" : id;

    [GeneratedRegex("\\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();

    [GeneratedRegex("^-?[0-9]+([.][0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex NumberForm();

    [GeneratedRegex("\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b", RegexOptions.CultureInvariant)]
    private static partial Regex OperationForm();

    // How far a receiver came is the moment's.
    [GeneratedRegex("[0-9]+(-[0-9]+)?(?=$|,)", RegexOptions.CultureInvariant)]
    private static partial Regex LastForm();

    [GeneratedRegex("'(repl|replication)'@", RegexOptions.CultureInvariant)]
    private static partial Regex AccountForm();

    [GeneratedRegex("@user[0-9]+(, @user[0-9]+)*", RegexOptions.CultureInvariant)]
    private static partial Regex UsersForm();

    [GeneratedRegex("^0-<[^>]+>-[0-9]+(,0-<[^>]+>-[0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex StateForm();

    [GeneratedRegex("<uuid of [^>]+>:[0-9:-]+(,\\s*<uuid of [^>]+>:[0-9:-]+)+", RegexOptions.CultureInvariant)]
    private static partial Regex SetForm();

    [GeneratedRegex("process [0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex ProcessForm();

    [GeneratedRegex("\\b(binlog|relay|mysql-bin|mariadb-bin)[.][0-9]{6}", RegexOptions.CultureInvariant)]
    private static partial Regex LogForm();

    [GeneratedRegex("^(.+):[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex HostForm();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z?", RegexOptions.CultureInvariant)]
    private static partial Regex TimeForm();

    [GeneratedRegex("\\bKILL [0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex KillForm();

    [GeneratedRegex("\\b0-([0-9]+)-([0-9]+)\\b", RegexOptions.CultureInvariant)]
    private static partial Regex GtidForm();
}
