using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Legs;

/// <summary>What configurations and databases say of the legs.</summary>
public sealed class LegReaderTests
{
    [Theory]
    [InlineData("server w 192.0.2.11:443 ssl verify required ca-file /ca.pem sni str(web-01)", true, true, "web-01", 0)]
    [InlineData("server w 192.0.2.11:443 ssl verify required ca-file /ca.pem verifyhost web-01", true, true, "web-01", 0)]
    [InlineData("server w 192.0.2.11:443 ssl verify none", true, false, null, 0)]
    [InlineData("server w 192.0.2.11:80 check", false, true, null, 0)]
    [InlineData("default-server ssl verify none\n server w 192.0.2.11:443", true, false, null, 0)]
    [InlineData("default-server ssl verify none\n server w 192.0.2.11:443 no-ssl", false, false, null, 0)]
    [InlineData("server w 192.0.2.11:443\n default-server ssl verify none", false, true, null, 0)]
    [InlineData("server w 192.0.2.11:443 cookie ssl", false, true, null, 0)]
    [InlineData("server w 192.0.2.11:443 ssl verify required ca-file /ca.pem no-sni-auto", true, true, null, 0)]
    [InlineData("server w 192.0.2.11:443 ssl verify required ca-file /ca.pem", true, true, null, 1)]
    [InlineData("server w 192.0.2.11:443 quantum-ssl on ssl", false, true, null, 1)]
    [InlineData("server w 192.0.2.11:443 \"$OPTIONS\" ssl", false, true, null, 1)]
    public void A_server_takes_what_stands_before_it_and_on_its_line(string lines, bool tls, bool verifies, string? name, int doubts)
    {
        BalancedServer server = Assert.Single(Balancer($"backend web\n mode http\n {lines}\n").Servers);

        Assert.Equal((tls, verifies, name, doubts), (server.Tls, server.Verifies, server.VerifiedName, server.Doubts.Count));
        Assert.Equal(("192.0.2.11", "web"), (server.Host, server.Backend));
    }

    [Fact]
    public void A_backend_inherits_from_its_defaults_and_global()
    {
        BalancerTls balancer = Balancer("""
            global
                ssl-server-verify none
            defaults a
                mode tcp
                default-server ssl sni str(a)
            defaults b from a
                mode http
            backend first from a
                server x ipv4@web-01:443
            backend second from b
                server y [2001:db8::1]:8443 verify required crt /own.pem
            """);

        Assert.Equal(
            [("x", "web-01", 443, true, true, false, false), ("y", "2001:db8::1", 8443, true, false, true, true)],
            balancer.Servers.Select(server =>
                (server.Name, server.Host, server.Port, server.Tls, server.IsTcp, server.Verifies, server.ShowsCertificate)));
    }

    [Fact]
    public void A_bind_tells_whether_TLS_ends_there()
    {
        BalancerTls balancer = Balancer("""
            frontend www
                bind 198.51.100.10:443,[2001:db8::1]:443 ssl crt /site.pem ca-file /c.pem verify required
            listen pass
                mode tcp
                bind :8443
            """);

        Assert.Equal(
            [("www", "198.51.100.10", 443, true, true, false), ("www", "2001:db8::1", 443, true, true, false),
                ("pass", "", 8443, false, false, true)],
            balancer.Listeners.Select(bind => (bind.Name, bind.Address, bind.Port, bind.Tls, bind.WantsClientCertificate, bind.IsTcp)));
    }

    [Theory]
    [InlineData("listen 192.0.2.11:443 ssl;", "192.0.2.11", 443, true, false)]
    [InlineData("listen 443; ssl on;", "", 443, true, false)]
    [InlineData("listen [::]:80;", "", 80, false, false)]
    [InlineData("listen 192.0.2.11;", "192.0.2.11", 80, false, false)]
    [InlineData("listen *:443 ssl; ssl_verify_client on;", "", 443, true, true)]
    [InlineData("listen *:443 ssl; ssl_verify_client optional;", "", 443, true, false)]
    public void A_listener_of_nginx_is_read(string text, string address, int port, bool tls, bool wants)
    {
        WebListener listener =
            Assert.Single(WebListenerReader.Read(
                NginxText.Parse($"http {{ ssl_verify_client off; server {{ listen unix:/s; listen 443 quic; {text} }} }}")));

        Assert.Equal((address, port, tls, wants), (listener.Address, listener.Port, listener.Tls, listener.WantsClientCertificate));
    }

    [Fact]
    public void What_a_database_tells_is_read_and_what_stays_on_its_server_left_out()
    {
        IReadOnlyList<NetworkClient> clients = DatabaseTlsReader.Clients(
        [
            Row(("user", "app"), ("host", "192.0.2.10"), ("command", "Sleep"), ("cipher", "TLS_AES_128_GCM_SHA256"),
                ("version", "TLSv1.3")),
            Row(("user", "app"), ("host", "192.0.2.10"), ("command", "Query"), ("cipher", "TLS_AES_128_GCM_SHA256"),
                ("version", "TLSv1.3")),
            Row(("user", "app"), ("host", "192.0.2.10"), ("command", "Sleep"), ("cipher", ""), ("version", "")),
            Row(("user", "repl"), ("host", "192.0.2.12"), ("command", "Binlog Dump GTID"), ("cipher", "X"), ("version", "TLSv1.2")),
            Row(("user", "root"), ("host", "localhost"), ("command", "Query"), ("cipher", null), ("version", null)),
            Row(("user", "unauthenticated user"), ("host", "192.0.2.10"), ("command", "Connect"), ("cipher", ""), ("version", "")),
        ]);
        IReadOnlyList<NetworkAccount> accounts = DatabaseTlsReader.Accounts(
        [
            Row(("User", "root"), ("Host", "localhost"), ("ssl_type", "")), Row(("User", "app"), ("Host", "%"), ("ssl_type", "")),
            Row(("User", "repl"), ("Host", "192.0.2.%"), ("ssl_type", "X509")),
        ]);

        Assert.Equal(
            [("app", false, "TLSv1.3", 2), ("app", false, "", 1), ("repl", true, "TLSv1.2", 1)],
            clients.Select(client => (client.User, client.IsReplica, client.Version, client.Connections)));
        Assert.Equal([("app@%", false, false), ("repl@192.0.2.%", true, true)],
            accounts.Select(one => ($"{one}", one.RequiresTls, one.RequiresCertificate)));
    }

    [Theory]
    [InlineData("Source_")]
    [InlineData("Master_")]
    public void How_a_replica_connects_is_read_in_both_dialects(string prefix)
    {
        FollowedSource source = Assert.Single(DatabaseTlsReader.Sources(
        [
            Row((prefix + "Host", "192.0.2.11"), (prefix + "Port", "3307"), (prefix + "User", "repl"), (prefix + "SSL_Allowed", "Yes"),
                (prefix + "SSL_Verify_Server_Cert", "No"), (prefix + "SSL_CA_File", "/ca.pem"), (prefix + "SSL_Cert", "")),
        ]));

        Assert.Equal(new FollowedSource("192.0.2.11", 3307, "repl", Tls: true, Verifies: false, "/ca.pem", ShowsCertificate: false),
            source);
    }

    [Theory]
    [InlineData("datadog /etc/datadog-agent/datadog.yaml", "site: datadoghq.eu", "https://app.datadoghq.com", LegState.Encrypted,
        Support.Yes)]
    [InlineData("datadog /etc/datadog-agent/datadog.yaml", "dd_url: http://proxy.example", "http://proxy.example", LegState.Plain,
        Support.NotApplicable)]
    [InlineData("datadog /etc/datadog-agent/datadog.yaml", "skip_ssl_validation: true", "https://app.datadoghq.com", LegState.Encrypted,
        Support.No)]
    [InlineData("sumologic /etc/otelcol-sumo/sumologic.yaml", "api_base_url: https://open-collectors.sumologic.com",
        "https://open-collectors.sumologic.com", LegState.Encrypted, Support.Yes)]
    [InlineData("telegraf /etc/telegraf/telegraf.conf", "[[inputs.cpu]]\n[[outputs.influxdb]]\nurls = [\"http://192.0.2.9:8086\"]",
        "http://192.0.2.9:8086", LegState.Plain, Support.NotApplicable)]
    [InlineData("telegraf /etc/telegraf/telegraf.conf",
        "[[outputs.influxdb]]\nurls = [\"https://192.0.2.9:8086\"]\ninsecure_skip_verify = true", "https://192.0.2.9:8086",
            LegState.Encrypted, Support.No)]
    [InlineData("telegraf /etc/telegraf/telegraf.conf", "[[outputs.graphite]]\nservers = [\"192.0.2.9:2003\"]", "outputs.graphite",
        LegState.Unknown, Support.NotApplicable)]
    [InlineData("collectd /etc/collectd/collectd.conf", "<Plugin network>\nServer \"192.0.2.9\" \"25826\"\n</Plugin>", "192.0.2.9",
        LegState.Plain, Support.NotApplicable)]
    [InlineData("collectd /etc/collectd/collectd.conf", "<Plugin network>\n<Server \"192.0.2.9\">\nSecurityLevel Encrypt\n</Server>",
        "192.0.2.9", LegState.Encrypted, Support.Yes)]
    [InlineData("collectd /etc/collectd/collectd.conf", "<Plugin write_http>\nURL \"https://c.example/p\"\nVerifyPeer false",
        "https://c.example/p", LegState.Encrypted, Support.No)]
    [InlineData("zabbix /etc/zabbix/zabbix_agentd.conf", "ServerActive=192.0.2.9\nTLSConnect=psk", "192.0.2.9", LegState.Encrypted,
        Support.Yes)]
    [InlineData("zabbix /etc/zabbix/zabbix_agentd.conf", "Server=192.0.2.9", "192.0.2.9", LegState.Plain, Support.NotApplicable)]
    [InlineData("prometheus-node-exporter node_exporter", "--web.listen-address=127.0.0.1:9100", "127.0.0.1:9100", LegState.Local,
        Support.NotApplicable)]
    [InlineData("prometheus-node-exporter node_exporter", "", ":9100", LegState.Plain, Support.NotApplicable)]
    [InlineData("prometheus-node-exporter node_exporter", "--web.config.file=/w.yml\ntls_server_config:", ":9100", LegState.Encrypted,
        Support.Unknown)]
    public void How_an_agent_reports_is_read(string head, string lines, string place, LegState state, Support verified)
    {
        AgentLink link = Assert.Single(AgentLinkReader.Parse($"==> {head}\n{lines}\n"));

        Assert.Equal((place, state, verified), (link.Place, link.State, link.Verified.Support));
    }

    [Fact]
    public void What_collectd_reads_from_is_no_report() =>
        Assert.Empty(
            AgentLinkReader.Parse(
                "==> collectd /etc/collectd/collectd.conf\n<Plugin nginx>\nURL \"http://127.0.0.1:8081/nginx_status\"\n</Plugin>\n"));

    [Theory]
    [InlineData("HAProxy version 3.2.26-1 2026/10/14 - https://haproxy.org/\nStatus: x", null, 0)]
    [InlineData("HAProxy version 3.3.1 2026/01/01", "the host asked for", 0)]
    [InlineData("HA-Proxy", null, 1)]
    public void Whether_a_name_is_checked_without_a_word_of_it_depends_on_the_version(string version, string? name, int doubts)
    {
        BalancedServer server =
            Assert.Single(Balancer(
                "backend web\n server w 192.0.2.11:443 ssl verify required ca-file /ca.pem\n",
                    BalancerTlsReader.VersionOf(version)).Servers);

        Assert.Equal((name, doubts), (server.VerifiedName, server.Doubts.Count));
    }

    private static BalancerTls Balancer(string text, Version? version = null) =>
        BalancerTlsReader.Read(HaproxySection.Of([new HaproxyFile("haproxy.cfg", text)]), version);

    private static DatabaseRow Row(params (string Column, object? Value)[] cells) =>
        new(cells.Select(static cell => KeyValuePair.Create(cell.Column, cell.Value)));
}
