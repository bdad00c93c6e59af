using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>Makes the agents of a server of what a survey shows; no input or output.</summary>
internal static class AgentFinder
{
    /// <summary>The agents that are expected, or of which there is a trace.</summary>
    public static IEnumerable<MonitoringAgent> Find(Server server, MonitoringPolicy policy, Survey survey) =>
        KnownAgent.All.Values.Select(known => Of(known, server, policy, survey)).OfType<MonitoringAgent>();

    private static MonitoringAgent? Of(KnownAgent known, Server server, MonitoringPolicy policy, Survey survey)
    {
        SurveyedFile[] files = [.. survey.Files.Where(file => file.Agent == known.Name)];
        SurveyedFile[] configurations = [.. files.Where(static file => file.Format != "secret")];
        bool expected = policy.Agents.Contains(known.Name) && known.BelongsOn(server);
        if (known.IsPartOfAnother)
        {
            return Endpoint(configurations) is { } bind ? PartOfAnother(known, server, expected, survey, configurations, bind)
                : expected ? new MonitoringAgent { Server = server.Name, Name = known.Name, IsExpected = true,
                    Configuration = configurations.FirstOrDefault()?.Path }
                : null;
        }

        SurveyedUnit[] units = [.. known.Units.SelectMany(name => survey.Units.Where(unit => unit.Unit.Name == name))];
        SurveyedUnit? unit = Array.Find(units, static unit => unit.Unit.IsActive) ?? units.FirstOrDefault();
        SurveyedProcess[] processes = [.. survey.Processes.Where(process => IsOf(known, process))];
        AgentContainer[] containers = [.. survey.Containers.Where(container => IsOf(known, container))];
        string? package = known.Packages.Select(name => survey.Packages.GetValueOrDefault(name)).FirstOrDefault(static version =>
            version is not null);
        AgentTrace[] traces =
        [
            .. unit is null ? [] : (AgentTrace[])[AgentTrace.Unit],
            .. processes.Length == 0 ? [] : (AgentTrace[])[AgentTrace.Process],
            .. package is null ? [] : (AgentTrace[])[AgentTrace.Package],
            .. containers.Length == 0 ? [] : (AgentTrace[])[AgentTrace.Container],
            .. configurations.Length == 0 ? [] : (AgentTrace[])[AgentTrace.Configuration],
        ];
        if (!expected && traces.Length == 0)
        {
            return null;
        }

        HashSet<int> ids = [.. processes.Select(static process => process.Id)];
        SurveyedSocket[] sockets = [.. survey.Sockets.Where(socket => socket.Processes.Any(ids.Contains))];
        SurveyedLog[] logs = [.. survey.Logs.Where(log => log.Agent == known.Name)];
        DateTimeOffset? modified = logs.Max(static log => log.Modified);
        return new MonitoringAgent
        {
            Server = server.Name,
            Name = known.Name,
            IsExpected = expected,
            FoundBy = traces,
            Unread = traces.Length == 0 && survey.ContainerFailure is { } failure ? $"containers could not be read: {failure}" : null,
            Version = package ?? containers.Select(static container => Tag(container.Image)).FirstOrDefault(static tag => tag is not null),
            Since = unit?.Since ?? (processes.Length == 0 ? null : survey.Time.AddSeconds(-processes.Max(static process =>
                process.AgeSeconds))),
            Unit = unit?.Unit,
            ProcessCount = processes.Length,
            IsSuspended = processes.Any(static process => process.IsStopped),
            Users = [.. processes.Select(static process => process.User).Distinct().Order(StringComparer.Ordinal)],
            Containers = containers,
            Sockets = [.. sockets.Where(static socket => socket.IsListening).Select(socket => Listening(socket, processes)).Distinct()],
            Connections = [.. Connections(sockets)],
            Configuration = configurations.FirstOrDefault(file => IsSet(known, file))?.Path ?? configurations.FirstOrDefault()?.Path,
            IsConfigured = known.Setting is null ? null : configurations.Any(file => IsSet(known, file)),
            Endpoints = EndpointReader.Read(known, files),
            CredentialFiles = [.. CredentialFiles(known, files)],
            LogAgeSeconds = modified is null ? null : Math.Max(0, (survey.Time - modified.Value).TotalSeconds),
            LastSent = logs.Max(static log => log.Sent),
            LastFailure = logs.Max(static log => log.Failed),
        };
    }

    // The endpoint is there if a section that visitors don't see serves it; the first address of its section is asked.
    private static MonitoringAgent PartOfAnother(KnownAgent known, Server server, bool expected, Survey survey,
        SurveyedFile[] configurations, ListeningSocket bind)
    {
        SurveyedUnit? unit = known.Units.Select(name => survey.Units.FirstOrDefault(unit => unit.Unit.Name == name))
            .FirstOrDefault(static unit => unit is not null);
        SurveyedProcess[] processes = [.. survey.Processes.Where(process => known.Processes.Contains(process.Name))];
        HashSet<int> ids = [.. processes.Select(static process => process.Id)];
        return new MonitoringAgent
        {
            Server = server.Name,
            Name = known.Name,
            IsExpected = expected,
            FoundBy = [AgentTrace.Configuration],
            Since = unit?.Since,
            Unit = unit?.Unit,
            ProcessCount = processes.Length,
            IsSuspended = processes.Any(static process => process.IsStopped),
            Users = [.. processes.Select(static process => process.User).Distinct().Order(StringComparer.Ordinal)],
            Sockets = [bind],
            Connections = [.. Connections(survey.Sockets.Where(socket => socket.Processes.Any(ids.Contains))).Where(connection =>
                connection.IsIncoming && SurveyedSocket.PortOf(connection.Local) == bind.Port)],
            Configuration = configurations[0].Path,
        };
    }

    private static ListeningSocket? Endpoint(SurveyedFile[] configurations) =>
    (
        from file in configurations
        from use in file.Settings
        where use.Path.EndsWith("/http-request", StringComparison.Ordinal) && use.Value.Contains("prometheus-exporter",
            StringComparison.Ordinal)
        from bind in file.Settings
        where bind.Path == use.Path[..^"http-request".Length] + "bind"
        select Bind(bind.Value)).FirstOrDefault(static socket => socket is not null);

    /// <summary>The address of a bind line: <c>127.0.0.1:8405</c>, <c>*:8405</c>, <c>:8405</c>, with parameters behind it.</summary>
    private static ListeningSocket? Bind(string value)
    {
        string address = value.Split(' ', 2)[0].Split(',')[0];
        address = address.StartsWith("ipv4@", StringComparison.Ordinal) || address.StartsWith("ipv6@", StringComparison.Ordinal)
            ? address[5..] : address;
        int port = SurveyedSocket.PortOf(address);
        string host = SurveyedSocket.HostOf(address);
        return port == 0 ? null : new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = host.Length == 0 ? "*" : host,
            Port = port, Processes = ["haproxy"] };
    }

    private static bool IsOf(KnownAgent known, SurveyedProcess process) =>
        known.Processes.Contains(process.Name)
        && (known.Executables.Count == 0 || process.Executable.Length == 0 || known.Executables.Any(part =>
            process.Executable.Contains(part, StringComparison.Ordinal)));

    private static bool IsOf(KnownAgent known, AgentContainer container)
    {
        string image = container.Image.Split('@')[0];
        int colon = image.LastIndexOf(':');
        string repository = colon > image.LastIndexOf('/') ? image[..colon] : image;
        int slash = repository.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : repository[..slash];
        bool hasRegistry = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal)
            || first == "localhost";
        return known.Images.Contains(repository) || (hasRegistry && known.Images.Contains(repository[(slash + 1)..]));
    }

    private static string? Tag(string image)
    {
        string name = image.Split('@')[0];
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[(colon + 1)..] : null;
    }

    private static ListeningSocket Listening(SurveyedSocket socket, SurveyedProcess[] processes) => new()
    {
        Protocol = socket.Protocol == "tcp" ? TransportProtocol.Tcp : TransportProtocol.Udp,
        Address = SurveyedSocket.HostOf(socket.Local) is { Length: > 0 } host ? host : "*",
        Port = SurveyedSocket.PortOf(socket.Local),
        Processes = [.. processes.Where(process => socket.Processes.Contains(process.Id)).Select(static process => process.Name)
            .Distinct()],
    };

    // A connection whose local port is listened on was asked for by the other end.
    private static IEnumerable<AgentConnection> Connections(IEnumerable<SurveyedSocket> sockets)
    {
        SurveyedSocket[] all = [.. sockets];
        HashSet<(string, int)> listened = [.. all.Where(static socket => socket.IsListening).Select(static socket => (socket.Protocol,
            SurveyedSocket.PortOf(socket.Local)))];
        return all.Where(static socket => !socket.IsListening).Select(socket => new AgentConnection(
            socket.Protocol, socket.State, socket.Local, socket.Remote, listened.Contains((socket.Protocol,
                SurveyedSocket.PortOf(socket.Local))), socket.LastSentSeconds, socket.AcknowledgedBytes, socket.Retries));
    }

    private static bool IsSet(KnownAgent known, SurveyedFile file) => known.Setting is { } setting && setting.Split('|').Any(wanted =>
    {
        int equals = wanted.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? file.Settings.At(wanted).Any(found => found.Value.Length > 0 || known.Endpoints.Any(rule => rule.At.StartsWith(wanted + "/",
                StringComparison.Ordinal)) || wanted.Contains('*', StringComparison.Ordinal) || wanted.Contains(':',
                StringComparison.Ordinal))
            : file.Settings.At(wanted[..equals]).Any(found => Wildcards.Matches(wanted[(equals + 1)..], Outline.Plain(found.Value)));
    });

    private static IEnumerable<CredentialFile> CredentialFiles(KnownAgent known, SurveyedFile[] files)
    {
        foreach (SurveyedFile file in files)
        {
            string[] settings =
            [
                .. file.Settings
                    .Where(setting => setting.Value.Length > 0 && setting.Value != Outline.Reference && known.Credentials.Any(key =>
                        Wildcards.Matches(key, setting.Path[(setting.Path.LastIndexOf('/') + 1)..])))
                    .Select(static setting => setting.Path).Distinct(),
            ];
            if (file.Format == "secret" || settings.Length > 0)
            {
                yield return new CredentialFile { Path = file.Path, Mode = file.Mode, Owner = file.Owner, Group = file.Group,
                    Settings = settings };
            }
        }
    }
}
