using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Sources;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Discovery;

public sealed class SourceTests
{
    private const string Ini = """
        # A comment
        mail.example.com
        [balancers]
        lb-01 ansible_host=198.51.100.10 ansible_user=admin ansible_password=hunter2

        [webservers]
        web-[01:03] ansible_port=2222
        db-[a:b].example.com:5309

        [site:children]
        balancers
        webservers

        [site:vars]
        ansible_user=operator
        ansible_ssh_common_args='-o ProxyJump=admin@jump.example.com:22 -o Compression=yes'
        ansible_ssh_private_key_file=~/.ssh/site_ed25519

        [webservers:vars]
        ansible_user=deploy
        """;

    private const string Yaml = """
        # The site
        all:
          vars: &common
            ansible_user: operator
            secret: !vault |
              $ANSIBLE_VAULT;1.1;AES256
              6162
          children:
            webservers:
              hosts:
                web-[01:02]:
                  ansible_port: 2222
                web-09:
                  ansible_host: "{{ address }}"
            balancers:
              vars:
                <<: *common
              hosts:
                lb-01:
                  ansible_host: 198.51.100.10
                win-01:
                  ansible_connection: winrm
        """;

    private const string Json = """
        { "_meta": { "hostvars": { "web-01": { "ansible_host": "192.0.2.11", "ansible_port": 2222 }, "lb-01": { "ansible_user": "admin" } } },
          "all": { "children": ["ungrouped", "webservers", "balancers"] },
          "webservers": { "hosts": ["web-01"], "vars": { "ansible_user": "deploy" } }, "balancers": { "hosts": ["lb-01"] } }
        """;

    private static string[] Read(string text, string path) => [.. AnsibleInventory.Parse(text, path).Hosts.Select(static host =>
        $"{host.Target.Name} "
            + $"{host.Target.Ssh.User ?? "-"}@{host.Target.Ssh.Host}:{host.Target.Ssh.Port?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"} {host.Target.Ssh.ProxyJump ?? "-"} [{string.Join(",", host.Groups)}]")];

    [Fact]
    public void Ini_is_read_with_ranges_groups_and_variables() => Assert.Equal(
        [
            "mail.example.com -@mail.example.com:- - [ungrouped]", "lb-01 admin@198.51.100.10:- admin@jump.example.com:22 [balancers,site]",
            "web-01 deploy@web-01:2222 admin@jump.example.com:22 [webservers,site]",
            "web-02 deploy@web-02:2222 admin@jump.example.com:22 [webservers,site]",
            "web-03 deploy@web-03:2222 admin@jump.example.com:22 [webservers,site]",
            "db-a.example.com deploy@db-a.example.com:5309 admin@jump.example.com:22 [webservers,site]",
            "db-b.example.com deploy@db-b.example.com:5309 admin@jump.example.com:22 [webservers,site]",
        ],
        Read(Ini, "hosts"));

    [Fact]
    public void The_key_file_is_taken_and_no_password() => Assert.Equal(
        new SshEndpoint
        {
            Host = "198.51.100.10",
            User = "admin",
            ProxyJump = "admin@jump.example.com:22",
            IdentityFile = "~/.ssh/site_ed25519",
        },
        AnsibleInventory.Parse(Ini, "hosts").Hosts.Single(static host => host.Target.Name == "lb-01").Target.Ssh);

    [Fact]
    public void Yaml_is_read_with_merge_keys_and_without_secrets()
    {
        AnsibleHosts hosts = AnsibleInventory.Parse(Yaml, "hosts.yml");

        Assert.Equal(
            [
                "web-01 operator@web-01:2222 - [webservers,all]", "web-02 operator@web-02:2222 - [webservers,all]",
                "web-09 operator@web-09:- - [webservers,all]",
                "lb-01 operator@198.51.100.10:- - [balancers,all]",
            ],
            Read(Yaml, "hosts.yml"));
        Assert.Equal(2, hosts.Doubts.Count);
        Assert.Contains("web-09: 'ansible_host' is a template", hosts.Doubts[0], StringComparison.Ordinal);
        Assert.Contains("win-01: it is connected to by 'winrm'", hosts.Doubts[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("all:\n  hosts:\n    lb-01:\n      ansible_host: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162\n", "x.yml")]
    [InlineData("all:\n  vars:\n    ansible_host: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6162\n  hosts:\n    lb-01:\n", "x.yml")]
    [InlineData(
        """
        { "_meta": { "hostvars": { "lb-01": { "ansible_host": { "__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n6162\n" } } } },
          "all": { "hosts": ["lb-01"] } }
        """,
        "x.json")]
    [InlineData("lb-01 ansible_host='$ANSIBLE_VAULT;1.1;AES256 6162'", "hosts")]
    public void An_encrypted_value_is_left_out_with_a_warning(string text, string path)
    {
        AnsibleHosts hosts = AnsibleInventory.Parse(text, path);

        Assert.Equal("lb-01", Assert.Single(hosts.Hosts).Target.Ssh.Host);
        Assert.StartsWith("lb-01: 'ansible_host' is encrypted by Ansible Vault", Assert.Single(hosts.Doubts), StringComparison.Ordinal);
        Assert.DoesNotContain("6162", hosts.Doubts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_json_of_a_list_is_read() => Assert.Equal(
        ["web-01 deploy@192.0.2.11:2222 - [webservers,all]", "lb-01 admin@lb-01:- - [balancers,all]"], Read(Json, "list.json"));

    [Theory]
    [InlineData("#!/usr/bin/env python3\nprint()", "inventory")]
    [InlineData("{ \"a\": ", "x.json")]
    [InlineData("all: [unclosed", "x.yml")]
    [InlineData("[1, 2]", "x.yml")]
    [InlineData("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "hosts.yml")]
    [InlineData("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "hosts")]
    [InlineData("[a:strange]\nb", "hosts")]
    [InlineData("\"", "hosts")]
    [InlineData("web-[1:20000]", "hosts")]
    [InlineData("all: { hosts: { 'web-[1:20000]': } }", "x.yml")]
    [InlineData("[a:z][a:z][a:z][a:z]", "hosts")]
    [InlineData("web-[3:1]", "hosts")]
    [InlineData("web-[1:99999999999]", "hosts")]
    [InlineData("web-[1:9:99999999999]", "hosts")]
    [InlineData("web-[1:9:0]", "hosts")]
    [InlineData("web-[a:9]", "hosts")]
    public void What_is_no_inventory_is_refused(string text, string path) =>
        Assert.Equal("AnsibleInventoryInvalid", Assert.Throws<FoobarException>(() => AnsibleInventory.Parse(text, path)).ErrorId);

    [Fact]
    public void A_short_text_that_stands_for_ever_so_much_is_refused()
    {
        string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + string.Concat(
                "bcdefgh".Select(
                    static letter => $"{letter}: &{letter} [{string.Join(',', Enumerable.Repeat("*" + (char)(letter - 1), 10))}]\n"));

        Assert.Equal("AnsibleInventoryInvalid", Assert.Throws<FoobarException>(() => AnsibleInventory.Parse(bomb, "x.yml")).ErrorId);
    }

    [Fact]
    public void A_text_that_nests_ever_deeper_is_refused() =>
        Assert.Equal(
            "AnsibleInventoryInvalid",
            Assert.Throws<FoobarException>(static () => AnsibleInventory.Parse(new string('[', 200_000), "x.yml")).ErrorId);

    [Theory]
    [InlineData("web-[01:03]", "web-01 web-02 web-03")]
    [InlineData("web-[1:10:4]", "web-1 web-5 web-9")]
    [InlineData("[a:c]-[1:2]", "a-1 a-2 b-1 b-2 c-1 c-2")]
    [InlineData("web-[100:30100:10000]", "web-100 web-10100 web-20100 web-30100")]
    [InlineData("web-01", "web-01")]
    public void Ranges_stand_for_hosts(string pattern, string hosts) =>
        Assert.Equal(hosts, string.Join(' ', AnsibleInventory.Expand(pattern)));

    [Fact]
    public void Any_inventory_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(static text => AnsibleInventory.Parse(text, "hosts"), Ini, Json);
        ParserProperties.TakesOrRefusesAnyText(static text => AnsibleInventory.Parse(text, "hosts.yml"), Yaml);
    }

    [Theory]
    [InlineData("web-01", "web-01", null, null)]
    [InlineData("admin@192.0.2.11:2222", "192.0.2.11", "admin", 2222)]
    [InlineData("ssh://admin@web.example.com", "web.example.com", "admin", null)]
    [InlineData("[2001:db8::1]:22", "2001:db8::1", null, 22)]
    [InlineData("2001:db8::1", "2001:db8::1", null, null)]
    public void Destinations_are_read_as_ssh_takes_them(string text, string host, string? user, int? port) =>
        Assert.Equal(new SshEndpoint { Host = host, User = user, Port = port }, DiscoveryTargets.Parse(text).Ssh);

    [Theory]
    [InlineData("")]
    [InlineData("-oProxyCommand=x")]
    [InlineData("web 01")]
    [InlineData("web-01:99999")]
    [InlineData("-x@web-01")]
    public void What_is_no_destination_is_refused(string text) =>
        Assert.Equal("DestinationInvalid", Assert.Throws<FoobarException>(() => DiscoveryTargets.Parse(text)).ErrorId);

    [Fact]
    public void Two_ports_of_one_host_are_two_servers() => Assert.Equal(
        ["gate:2201", "gate:2202", "web-01"],
        DiscoveryTargets.Distinct([.. new[] { "gate:2201", "gate:2202", "web-01", "WEB-01" }.Select(DiscoveryTargets.Parse)])
            .Select(static target => target.Name));

    [Fact]
    public void Addresses_that_keepalived_moves_are_read() => Assert.Equal(
        ["198.51.100.15", "2001:db8::15"],
        Foobar.Ops.Discovery.Facts.VirtualAddressScript.Parse("198.51.100.15/24\n2001:db8::15\n$VIP\n")
            .Select(static address => address.ToString()));

    [Fact]
    public void Aliases_of_ssh_config_are_read_without_patterns()
    {
        (IReadOnlyList<string> aliases, IReadOnlyList<string> includes) = SshConfigHosts.Parse(
            "Host lb-01 web-01\n  HostName 192.0.2.1\nHOST=\"db-01\"\n# Host no\nHost *.example.com !bad web-?\nMatch host x\n"
                + "Include config.d/* ~/other\n");

        Assert.Equal(["lb-01", "web-01", "db-01"], aliases);
        Assert.Equal(["config.d/*", "~/other"], includes);
    }
}
