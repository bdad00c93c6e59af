using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Tests.Tls.Files;

/// <summary>The places of configurations that name certificates, with what they are served for.</summary>
public sealed class PlacesTests
{
    [Theory]
    [InlineData("198.51.100.10:443", "198.51.100.10:443")]
    [InlineData(":443", "127.0.0.1:443")]
    [InlineData("*:443", "127.0.0.1:443")]
    [InlineData("[::]:443", "[::1]:443")]
    [InlineData(":::443", "[::1]:443")]
    [InlineData("[2001:db8::10]:443", "[2001:db8::10]:443")]
    [InlineData("ipv6@:443", "[::1]:443")]
    [InlineData("ipv4@192.0.2.1:8443", "192.0.2.1:8443")]
    [InlineData("192.0.2.1:443,192.0.2.2:443", "192.0.2.1:443", "192.0.2.2:443")]
    [InlineData("192.0.2.1:8443-8450", "192.0.2.1:8443")]
    [InlineData("/run/haproxy/tls.sock", "/run/haproxy/tls.sock")]
    [InlineData("unix@/run/haproxy/tls.sock", "/run/haproxy/tls.sock")]
    [InlineData("quic4@:443")]
    [InlineData("fd@3")]
    [InlineData("abns@name")]
    [InlineData("${ADDRESS}")]
    public void HAProxy_s_addresses_are_connected_to_on_the_server_itself(string address, params string[] listeners) =>
        Assert.Equal(listeners, HaproxyCertificates.Listeners(address));

    [Theory]
    [InlineData("443", "127.0.0.1:443")]
    [InlineData("*:443", "127.0.0.1:443")]
    [InlineData("[::]:443", "[::1]:443")]
    [InlineData("[2001:db8::11]:443", "[2001:db8::11]:443")]
    [InlineData("192.0.2.11", "192.0.2.11:80")]
    [InlineData("[::1]", "[::1]:80")]
    [InlineData("web-01:8443", "web-01:8443")]
    [InlineData("unix:/run/nginx.sock", "/run/nginx.sock")]
    public void Nginx_s_addresses_are_connected_to_on_the_server_itself(string address, string listener) =>
        Assert.Equal(listener, NginxCertificates.Listener(new NginxDirective("listen", [address, "ssl"])));

    [Fact]
    public void Each_way_of_HAProxy_to_name_a_certificate_is_followed()
    {
        CertificatePlaces places = Haproxy("""
            global
                crt-base /etc/certs
            crt-store web
                crt-base /etc/store
                load crt a.crt key a.key alias site
            frontend www
                bind 192.0.2.10:443 ssl crt site.pem crt /other/dir/ alpn h2
                bind 192.0.2.10:8443 ssl crt @web/site crt-list lists/all.txt
                bind 192.0.2.10:80
                bind 192.0.2.10:444 accept-proxy ssl crt "behind a.pem"
                ssl-f-use crt extra.pem
            backend web
                server s 192.0.2.11:443 ssl verify required crt client.pem
            """);

        Assert.Equal(
            [
                "/etc/store/a.crt load crt  ",
                "/etc/certs/site.pem bind 192.0.2.10:443 192.0.2.10:443 ",
                "/other/dir bind 192.0.2.10:443 192.0.2.10:443 ",
                "/etc/store/a.crt bind 192.0.2.10:8443 192.0.2.10:8443 ",
                "/etc/certs/behind a.pem bind 192.0.2.10:444 192.0.2.10:444 the listener wants the PROXY protocol first",
                "/etc/certs/extra.pem ssl-f-use crt 192.0.2.10:443,192.0.2.10:8443,192.0.2.10:444 ",
                "/etc/certs/client.pem server s  ",
            ],
            places.Uses.Select(
                use =>
                    $"{use.Path} {use.Place.Split(' ', 2)[1]} {string.Join(',', use.Listeners)} "
                        + $"{(use.Listeners.Count > 0 ? use.Obstacle : "")}"));
        Assert.Equal("/etc/haproxy/haproxy.cfg:7 bind 192.0.2.10:443", places.Uses[1].Place);
        Assert.Equal(["/etc/haproxy/lists/all.txt"], places.Lists.Select(list => list.Path));
        Assert.Empty(places.Doubts);
    }

    [Theory]
    [InlineData("bind :443 ssl crt \"$FILE\"", "an environment variable")]
    [InlineData("bind :443 ssl crt-list \"${LIST}\"", "an environment variable")]
    [InlineData("bind :443 ssl crt @web/none", "no crt-store holds @web/none")]
    public void What_HAProxy_alone_can_resolve_is_told(string line, string doubt)
    {
        CertificatePlaces places = Haproxy($"frontend f\n {line}\n");

        Assert.Contains(doubt, Assert.Single(places.Doubts), StringComparison.Ordinal);
        Assert.Empty(places.Uses);
    }

    [Fact]
    public void A_list_has_filters_behind_its_options()
    {
        IReadOnlyList<HaproxySection> sections = HaproxySection.Of([
            new HaproxyFile("/etc/haproxy/haproxy.cfg", "global\n crt-base /etc/certs\nfrontend f\n bind :443 ssl crt-list /etc/l.txt\n"),
        ]);
        CertificateUse list = Assert.Single(HaproxyCertificates.Of(sections).Lists);

        CertificatePlaces places = HaproxyCertificates.OfList(
            sections,
            list,
            "# all\na.pem [alpn h2,http/1.1 ssl-min-ver TLSv1.2] www.foobar.com !old.foobar.com\nb.pem\n/c.pem *.foobar.com\n");

        Assert.Equal(
            ["/etc/certs/a.pem: www.foobar.com !old.foobar.com", "/etc/certs/b.pem: ", "/c.pem: *.foobar.com"],
            places.Uses.Select(use => $"{use.Path}: {string.Join(' ', use.ServerNames)}"));
        Assert.Equal("/etc/l.txt:2 for /etc/haproxy/haproxy.cfg:4 bind :443", places.Uses[0].Place);
        Assert.All(places.Uses, use => Assert.Equal(["127.0.0.1:443"], use.Listeners));
    }

    [Fact]
    public void Each_server_of_nginx_serves_its_own_or_those_of_the_level_above()
    {
        CertificatePlaces places = NginxCertificates.Of(NginxText.Parse("""
            http {
              ssl_certificate common.pem;
              server { listen 443 ssl default_server; listen 443 quic; server_name www.foobar.com foobar.com; ssl_certificate /a.pem; ssl_certificate /b.pem; }
              server { listen [::]:8443 ssl; }
              server { listen 80; ssl_certificate /unused.pem; }
              server { listen 9443 ssl proxy_protocol; server_name x; }
              server { listen 10443; ssl on; server_name old; }
              location { proxy_ssl_certificate client.pem; }
            }
            stream { server { listen 3307 ssl; ssl_certificate /stream.pem; } }
            """));

        Assert.Equal(
            [
                "/a.pem http server www.foobar.com foobar.com 127.0.0.1:443 ",
                "/b.pem http server www.foobar.com foobar.com 127.0.0.1:443 ",
                "/etc/nginx/common.pem http server [::1]:8443 [::1]:8443 ",
                "/etc/nginx/common.pem http server x 127.0.0.1:9443 the listener wants the PROXY protocol first",
                "/etc/nginx/common.pem http server old 127.0.0.1:10443 ",
                "/stream.pem stream server 127.0.0.1:3307 127.0.0.1:3307 ",
                "/etc/nginx/client.pem proxy_ssl_certificate  ",
            ],
            places.Uses.Select(use => $"{use.Path} {use.Place} {string.Join(',', use.Listeners)} {use.Obstacle}"));
    }

    [Theory]
    [InlineData("ssl_certificate /etc/ssl/$ssl_server_name.pem", "a variable")]
    [InlineData("ssl_certificate data:$certificate", "a variable")]
    [InlineData("ssl_certificate engine:pkcs11:1", "not in a file")]
    public void What_nginx_alone_can_resolve_is_told(string directive, string doubt) =>
        Assert.Contains(
            doubt,
            Assert.Single(NginxCertificates.Of(NginxText.Parse($"http {{ server {{ listen 443 ssl; {directive}; }} }}")).Doubts),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("== mysqld\n--datadir=/srv/mysql/\n", "/srv/mysql/server-cert.pem MySQL the data directory /run/mysqld/mysqld.sock True")]
    [InlineData("== mysqld\n--ssl-cert=a.pem\n--socket=/s.sock\n", "/var/lib/mysql/a.pem MySQL ssl_cert /s.sock False")]
    [InlineData(
        "== mariadbd\n--loose_ssl_cert=/a.pem\n--ssl_cert=/b.pem\n--socket=m.sock\n",
        "/b.pem MariaDB ssl_cert /var/lib/mysql/m.sock False")]
    [InlineData("== mariadbd\n--port=3306\n", null)]
    [InlineData("== mysqld\n--skip-ssl\n", null)]
    [InlineData("== mysqld\n--ssl=0\n--ssl-cert=/a.pem\n", null)]
    [InlineData("", null)]
    public void A_database_s_own_options_name_its_certificate(string printed, string? use)
    {
        CertificatePlaces places = DatabaseCertificates.Parse(printed).Certificates;

        Assert.Equal(
            use is null
                ? []
                : [use], places.Uses.Select(one => $"{one.Path} {one.Program} {one.Place} {one.Listeners[0]} {one.IsOptional}"));
        Assert.Empty(places.Doubts);
    }

    [Theory]
    [InlineData("== container\n", "container")]
    [InlineData("== mysqld\n== unread\n--datadir=/x\n", "option files")]
    public void A_database_whose_options_are_not_known_is_told(string printed, string doubt) =>
        Assert.Contains(doubt, Assert.Single(DatabaseCertificates.Parse(printed).Certificates.Doubts), StringComparison.Ordinal);

    private static CertificatePlaces Haproxy(string text) =>
        HaproxyCertificates.Of(HaproxySection.Of([new HaproxyFile("/etc/haproxy/haproxy.cfg", text)]));
}
