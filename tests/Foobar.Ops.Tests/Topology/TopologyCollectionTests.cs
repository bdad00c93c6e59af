using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Tests.Topology;

public sealed class TopologyCollectionTests
{
    [Fact]
    public void A_virtual_router_is_read_wherever_its_braces_stand()
    {
        const string Text =
            """
            ! Configuration File for keepalived
            global_defs { router_id lb }
            vrrp_script check { script "/usr/bin/pgrep -x haproxy" }
            vrrp_instance site
            {
                state MASTER            # here
                interface eth0
                virtual_router_id 51
                priority 150
                authentication {
                    auth_type PASS
                    auth_pass -
                }
                virtual_ipaddress { 192.0.2.10/24 dev eth0 }
                virtual_ipaddress_excluded {
                    2001:db8::10/64
                }
                track_script {
                    check
                }
            }
            vrrp_instance other {
                virtual_router_id 52
                virtual_ipaddress {
                    192.0.2.20
                    192.0.2.21/32
                }
            }
            """;

        VrrpFacts facts = VrrpText.Parse(Text, isRunning: true);

        Assert.Equal(
            [("site", "eth0", 51, 150, "192.0.2.10 2001:db8::10", "check"), ("other", "", 52, 100, "192.0.2.20 192.0.2.21", "")],
            facts.Instances.Select(static each =>
                (each.Name, each.Interface, each.RouterId, each.Priority, string.Join(
                    ' ', each.Addresses), string.Join(' ', each.Tracks))));
        Assert.Null(facts.Unread);
        Assert.Contains(
            "conf.d/*.conf", VrrpText.Parse("include /etc/keepalived/conf.d/*.conf\n", isRunning: false).Unread, StringComparison.Ordinal);
    }

    [Fact]
    public void A_virtual_router_has_the_state_and_its_scripts_the_result_that_the_log_told_last()
    {
        const string Text =
            """
            vrrp_instance site {
                virtual_ipaddress { 192.0.2.10 }
                track_script { check }
            }
            vrrp_instance other {
                track_script { second }
            }
            """;
        const string Log =
            """
            VRRP_Script(check) succeeded
            VRRP_Script(second) failed (exited with status 1)
            (site) Entering BACKUP STATE (init)
            (site) Entering BACKUP STATE
            VRRP_Instance(other) Entering MASTER STATE
            VRRP_Script(second) succeeded
            VRRP_Script(check) timed out
            (site) Entering FAULT STATE
            """;

        Assert.Equal(
            [("site", "FAULT", "check"), ("other", "MASTER", "")],
            VrrpText.Parse(Text, isRunning: true, Log).Instances.Select(
                static each => (each.Name, each.State, string.Join(' ', each.FailedTracks))));
    }

    [Fact]
    public void Where_nginx_passes_requests_on_is_read_with_its_upstreams()
    {
        const string Text =
            """
            # configuration file /etc/nginx/nginx.conf:
            user shop;
            http {
                upstream app { server 192.0.2.31:8080; server 192.0.2.32:8080 backup; server unix:/run/app.sock; }
                server {
                    root /srv/shop/public/;
                    location / { proxy_pass http://app/shop; }
                    location /api { proxy_pass https://[2001:db8::1]:8443; }
                    location /x { proxy_pass https://api.foobar.com; }
                    location /p { fastcgi_pass unix:/run/php/php-fpm.sock; }
                    location /q { fastcgi_pass 127.0.0.1:9000; }
                    location /v { proxy_pass http://$backend; }
                    location /img { alias /srv/images/; }
                }
            }
            """;
        NginxDirective root = NginxText.Parse(Text);

        Assert.Equal(
            [
                new ProxyTarget("proxy_pass", "app", "192.0.2.31", 8080, false),
                new ProxyTarget("proxy_pass", "app", "192.0.2.32", 8080, false, IsBackup: true),
                new ProxyTarget("proxy_pass", "app", "", 0, false),
                new ProxyTarget("proxy_pass", null, "2001:db8::1", 8443, true),
                new ProxyTarget("proxy_pass", null, "api.foobar.com", 443, true),
                new ProxyTarget("fastcgi_pass", null, "", 0, false),
                new ProxyTarget("fastcgi_pass", null, "127.0.0.1", 9000, false),
                new ProxyTarget(
                    "proxy_pass", null, "$backend", 0, false) { Doubt = "proxy_pass $backend: a variable stands for the place" },
            ],
            ProxyTargets.Read(root));
        Assert.Equal(["/srv/shop/public", "/srv/images"], ProxyTargets.Roots(root));
        Assert.Equal("shop", ProxyTargets.User(root));
    }

    [Fact]
    public async Task The_application_s_files_are_read_with_whatever_their_names_hold()
    {
        string directory = Directory.CreateTempSubdirectory("foobar-app").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(directory, "a b"));
            await File.WriteAllTextAsync(Path.Combine(directory, "index.php"), "x");
            await File.WriteAllTextAsync(Path.Combine(directory, "a b", "two\nlines \"'$(id)"), "y");
            File.CreateSymbolicLink(Path.Combine(directory, "link"), "index.php");
            Site site = TestSite.Create(new Policy
            {
                Topology = new TopologyPolicy { AppFiles = [directory, Path.Combine(directory, "a b"), "/nonexistent/shop"] },
            });

            AppFiles files = (await ReadAsync(site)).Files.Value!;

            Assert.Equal([directory], files.Directories);
            Assert.Equal(["/nonexistent/shop"], files.Missing);
            Assert.Null(files.Limit);
            Assert.Equal(
                [
                    ("", AppFile.Folder),
                    ("a b", AppFile.Folder),
                    ("a b/two\u0001lines \"'$(id)", "a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa"),
                    ("index.php", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
                    ("link", "-> index.php"),
                ],
                files.Files.Select(static file => (file.Path, file.Content)).OrderBy(static each => each.Path, StringComparer.Ordinal));
            Assert.Contains(files.Users, static user => user.Name == "www-data");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task What_leads_to_the_application_s_files_is_read_through_links()
    {
        string directory = Directory.CreateTempSubdirectory("foobar-app").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(directory, "releases", "5", "public"));
            File.CreateSymbolicLink(Path.Combine(directory, "releases", "current"), "../releases/./5");
            File.CreateSymbolicLink(Path.Combine(directory, "shop"), Path.Combine(directory, "releases", "current"));
            string named = Path.Combine(directory, "shop", "public");

            AppFiles files = (await ReadAsync(TestSite.Create(
                new Policy { Topology = new TopologyPolicy { AppFiles = [named] } }))).Files.Value!;

            Assert.Equal(
                [
                    (directory, "directory"),
                    (Path.Combine(directory, "releases"), "directory"),
                    (Path.Combine(directory, "releases", "5"), "directory"),
                    (Path.Combine(directory, "releases", "current"), "link"),
                    (Path.Combine(directory, "shop"), "link"),
                ],
                files.Ways!.Where(part => part.Path.StartsWith(directory, StringComparison.Ordinal))
                    .Select(static part => (part.Path, part.IsDirectory ? "directory" : part.IsLink ? "link" : "file")));
            Assert.Equal("/", files.Ways![0].Path);
            Assert.All(files.Ways, static part => Assert.Matches("^[0-7]{3,4}$", part.Mode));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Passwords_stay_on_the_server() =>
        Assert.Contains(
            "auth_pass|password",
            TopologyScript.For(TestSite.Create().Servers[1], new Policy(), new NginxDirective("", [])).Script,
            StringComparison.Ordinal);

    [Fact]
    public void Pressure_and_what_is_too_much_are_read()
    {
        const string Text =
            """
            ==> keepalived
            running

            ==> keepalived.conf

            ==> stalls
            ./nginx.service/cpu.pressure:some avg10=0.00 avg60=1.00 avg300=2.50 total=1
            ./nginx.service/io.pressure:some avg10=0.00 avg60=1.00 avg300=12.75 total=1

            ==> users
            www-data www-data adm

            ==> files /srv/shop
            !20001 files, 5 bytes

            """;

        TopologyFacts facts = TopologyScript.Parse(Text);

        Assert.True(facts.Vrrp.Value!.IsRunning);
        Assert.Equal([new ServiceStall("nginx.service", 2.5, null, 12.75)], facts.Stalls.Value!);
        Assert.Contains("20001 files", facts.Files.Value!.Limit, StringComparison.Ordinal);
        Assert.Equal(["www-data", "adm"], facts.Files.Value.Users[0].Groups);
    }

    [Fact]
    public void Equal_files_pass_and_each_difference_is_named()
    {
        AppFile index = new(TopologySample.Directory, "index.php", "root", "root", "644", new string('a', 64));
        AppFile log = new(TopologySample.Directory, "var/shop.log", "shop", "shop", "644", new string('b', 64));

        Assert.Equal(FindingStatus.Pass, Same([index], [index]).Status);
        Assert.Contains(
            "index.php (content)", Same([index], [index with { Content = new string('c', 64) }]).Actual, StringComparison.Ordinal);
        Assert.Contains("index.php (owner)", Same([index], [index with { Owner = "shop" }]).Actual, StringComparison.Ordinal);
        Assert.Contains("index.php (mode)", Same([index], [index with { Mode = "600" }]).Actual, StringComparison.Ordinal);
        Assert.Contains("var/shop.log (here alone)", Same([index], [index, log]).Actual, StringComparison.Ordinal);
        Assert.Contains("index.php (missing here)", Same([index, log], [log]).Actual, StringComparison.Ordinal);
        Assert.Equal(FindingStatus.Pass, Same([index], [index, log], "*.log").Status);
        Assert.Equal(FindingStatus.Pass, Same([index], [index, log], "var/*").Status);
    }

    [Theory]
    [InlineData("root", "root", "644", FindingStatus.Pass)]
    [InlineData("shop", "root", "444", FindingStatus.Fail)]
    [InlineData("root", "shop", "664", FindingStatus.Fail)]
    [InlineData("root", "shop", "644", FindingStatus.Pass)]
    [InlineData("root", "adm", "666", FindingStatus.Fail)]
    [InlineData("root", "adm", "1777", FindingStatus.Pass)]
    public void Whoever_owns_a_file_or_may_write_it_can_change_it(string owner, string group, string mode, FindingStatus expected)
    {
        AppFile file = new(TopologySample.Directory, "index.php", owner, group, mode, new string('a', 64));

        Assert.All(Judge("TOP-012", [file], [file]), finding => Assert.Equal(expected, finding.Status));
    }

    [Theory]
    [InlineData("/srv", "root", "root", "755", "directory", null)]
    [InlineData("/srv", "shop", "root", "755", "directory", "shop owns it")]
    [InlineData("/srv", "root", "shop", "2775", "directory", "shop by group shop")]
    [InlineData("/srv", "root", "root", "777", "directory", "everybody")]
    [InlineData("/srv", "root", "shop", "1777", "directory", null)]
    [InlineData("/srv", "shop", "root", "1755", "directory", "shop owns it")]
    [InlineData("/srv/link", "shop", "shop", "777", "link", null)]
    [InlineData("/tmp/link", "shop", "shop", "777", "link", "shop owns the link")]
    [InlineData("/tmp/link", "root", "shop", "777", "link", null)]
    [InlineData("/usr/local/bin/shop", "shop", "shop", "755", "file", "shop owns it")]
    [InlineData("/usr/local/bin/shop", "root", "root", "755", "file", null)]
    [InlineData("/srv/shop/uploads", "shop", "shop", "755", "directory", null)]
    public void Whoever_may_write_a_directory_above_can_replace_the_files(
        string path, string owner, string group, string mode, string kind, string? who)
    {
        PathPart part = new(path, owner, group, mode, kind == "directory", kind == "link");
        PathPart temporary = new("/tmp", "root", "root", "1777", IsDirectory: true, IsLink: false);

        Finding finding = JudgeWays([temporary, part]);

        Assert.Equal(who is null ? FindingStatus.Pass : FindingStatus.Fail, finding.Status);
        Assert.Equal(who is null ? TopologySample.Directory : path, finding.Target);
        Assert.Equal(who is null ? "shop can write none of it, nor a directory above" : $"1 are: {path} ({who})", finding.Actual);
    }

    [Fact]
    public void Directories_above_that_were_not_read_are_unknown() => Assert.Equal(FindingStatus.Unknown, JudgeWays(null).Status);

    [Fact]
    public void Files_that_could_not_all_be_read_are_unknown()
    {
        Finding[] findings = [.. AppFileControls.All.SelectMany(static control => control.Apply(
            new SiteCase<TopologyFacts>(
                SmallSite.Site,
                SmallSite.Site.Servers.ToDictionary(
                    static server => server.Name,
                    static _ => Reading.Of(new TopologyFacts { Files = Reading.Of(new AppFiles { Limit = "too many" }) })),
                TestSite.Now), null, TestSite.Now))];

        Assert.All(findings, static finding => Assert.Equal(FindingStatus.Unknown, finding.Status));
    }

    private static Finding JudgeWays(PathPart[]? ways)
    {
        Reading<TopologyFacts> read = Reading.Of(new TopologyFacts
        {
            Files = Reading.Of(new AppFiles
            {
                Directories = [TopologySample.Directory],
                Users = [new WebUser("shop", ["shop"])],
                Ways = ways,
            }),
        });
        return AppFileControls.All.Single(static control => control.Info.Id == "TOP-012").Apply(
            new SiteCase<TopologyFacts>(
                SmallSite.Site,
                new Dictionary<string, Reading<TopologyFacts>> { ["web-01"] = read, ["web-02"] = read },
                TestSite.Now), null, TestSite.Now).First();
    }

    private static Finding Same(AppFile[] first, AppFile[] second, params string[] except) =>
        Assert.Single(Judge("TOP-011", first, second, except));

    private static Finding[] Judge(string id, AppFile[] first, AppFile[] second, params string[] except)
    {
        static Reading<TopologyFacts> Of(AppFile[] files) => Reading.Of(new TopologyFacts
        {
            Files = Reading.Of(new AppFiles
            {
                Directories = [TopologySample.Directory],
                Files = files,
                Users = [new WebUser("shop", ["shop"])],
                Ways = [],
            }),
        });
        Site site = SmallSite.Site with
        {
            Policy = SmallSite.Site.Policy with { Topology = new TopologyPolicy { AppFilesExcept = except } },
        };
        return [.. AppFileControls.All.Single(control => control.Info.Id == id).Apply(
            new SiteCase<TopologyFacts>(
                site,
                new Dictionary<string, Reading<TopologyFacts>> { ["web-01"] = Of(first), ["web-02"] = Of(second) },
                TestSite.Now), null, TestSite.Now)];
    }

    private static async Task<TopologyFacts> ReadAsync(Site site)
    {
        await using ServerSession session = await LocalShell.OpenAsync(new LocalShell("sh"));
        return (await TopologyCollector.ReadAsync(
            session, TopologyScript.For(site.Servers[1], site.Policy, new NginxDirective("", [])) with
            {
                Privileged = false,
            }, TestContext.Current.CancellationToken)).Value!;
    }
}
