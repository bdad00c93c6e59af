namespace Foobar.Ops.Lab.Configuration;

/// <summary>The monitoring agent of every server: <c>prometheus-node-exporter</c> on loopback, since the policy has no flow to it.</summary>
internal static class AgentFiles
{
    /// <summary>The agent's arguments and its start.</summary>
    public static IEnumerable<ServerFile> All { get; } =
    [
        new ServerFile("/etc/default/prometheus-node-exporter", "ARGS=\"--web.listen-address=127.0.0.1:9100\"\n"),
        ServerFile.Enable("prometheus-node-exporter.service"),
    ];
}
