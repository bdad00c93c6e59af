using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Drawing;

namespace Foobar.Ops.Tests.Topology;

public sealed partial class TopologyPictureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly SiteTopology Well = new TopologySample().Found;

    [Fact]
    public void The_picture_is_one_element_with_a_title_and_a_description_that_asks_nothing_from_elsewhere()
    {
        string text = TopologySvg.Draw(Well, []);
        XElement svg = XDocument.Parse(text).Root!;

        Assert.Equal(Svg + "svg", svg.Name);
        Assert.Equal("img", (string?)svg.Attribute("role"));
        Assert.Equal("The setup of www.foobar.com", (string?)svg.Element(Svg + "title"));
        Assert.Contains("Writes go by lb-01 to web-01", (string?)svg.Element(Svg + "desc"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            svg.DescendantsAndSelf(), static element => element.Name.LocalName is "script" or "image" or "use" or "foreignObject");
        Assert.Empty(Elsewhere().Matches(text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal)));
        Assert.Contains("prefers-color-scheme: dark", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_server_is_a_box_with_its_components_and_a_flow_is_drawn_through_the_firewall()
    {
        Picture picture = PictureMaker.Make(Well, []);

        Assert.Equal(["internet", "operator", "fw-01", "lb-01", "web-01", "web-02"], picture.Nodes.Select(static node => node.Name));
        Assert.Equal([0, 0, 1, 2, 3, 3], picture.Nodes.Select(static node => node.Layer));
        Assert.Contains(picture.Nodes[4].Lines, static line => line.Text == "MariaDB 9.7.0, primary");
        Assert.Contains(picture.Edges, static edge => edge is { From: "internet", To: "fw-01", Label: "visitors 80 443" });
        Assert.DoesNotContain(picture.Edges, static edge => edge is { From: "internet", To: "lb-01" });
        Assert.Equal(PictureTone.Warning, Edge(picture, "lb-01", "web-01").Tone);
        Assert.Equal(PictureTone.NotJudged, Edge(picture, "internet", "fw-01").Tone);
    }

    [Fact]
    public void The_worst_finding_colours_a_flow_and_else_a_server()
    {
        Picture picture = PictureMaker.Make(Well,
        [
            Finding("FW-014", FindingStatus.Fail, "lb-01", "flow visitors"),
            Finding("TLS-041", FindingStatus.Unknown, "web-02", "lb-01 -> web-02:80"),
            Finding("SRV-005", FindingStatus.Fail, "web-02", "/"),
            Finding("SRV-006", FindingStatus.Pass, "web-01", "/"),
        ]);

        Assert.Equal(PictureTone.Bad, Edge(picture, "internet", "fw-01").Tone);
        Assert.Contains(Edge(picture, "lb-01", "web-02").Notes, static note => note.StartsWith("TLS-041", StringComparison.Ordinal));
        Assert.Equal(PictureTone.Bad, picture.Nodes.Single(static node => node.Name == "web-02").Tone);
        Assert.Equal("1 failed", picture.Nodes.Single(static node => node.Name == "web-02").Lines[^1].Text);
        Assert.Equal(PictureTone.Good, picture.Nodes.Single(static node => node.Name == "web-01").Tone);
        Assert.Contains("2 failed, 1 unknown", picture.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_findings_nothing_was_judged_and_nothing_is_good()
    {
        Picture picture = PictureMaker.Make(Well, []);
        string chart = TopologyMermaid.Draw(Well, []);

        Assert.Contains("Nothing was judged", picture.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("found wrong", picture.Description, StringComparison.Ordinal);
        Assert.All(picture.Nodes, static node => Assert.NotEqual(PictureTone.Good, node.Tone));
        Assert.All(picture.Edges, static edge => Assert.NotEqual(PictureTone.Good, edge.Tone));
        Assert.DoesNotContain(" good", chart, StringComparison.Ordinal);
        Assert.Contains("  classDef neutral ", chart, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"box good", TopologySvg.Draw(Well, []), StringComparison.Ordinal);
        Assert.Contains("class=\"box neutral", TopologySvg.Draw(Well, []), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_was_judged_is_good()
    {
        Picture picture = PictureMaker.Make(
            Well, [Finding("SRV-006", FindingStatus.Pass, "web-01", "/"), Finding("SRV-007", FindingStatus.NotApplicable, "web-02", "/")]);

        Assert.Equal(PictureTone.Good, picture.Nodes.Single(static node => node.Name == "web-01").Tone);
        Assert.Equal(PictureTone.NotJudged, picture.Nodes.Single(static node => node.Name == "web-02").Tone);
        Assert.Contains("Not judged: fw-01, lb-01, web-02.", picture.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unread", "web-02: not read in full")]
    [InlineData("writable", "web-02: MariaDB 9.7.0, replica that takes writes")]
    [InlineData("stopped", "does not run")]
    public void What_the_picture_itself_shows_does_not_stand_beside_nothing_found(string fault, string shown)
    {
        SiteTopology topology = Calm with
        {
            Servers =
            [
                .. Calm.Servers.Select(server => server.Server != "web-02" ? server
                    : fault == "unread" ? server with { Components = [], Unread = ["web-02: connection timed out"] }
                    : server with
                    {
                        Components =
                        [
                            .. server.Components.Select(
                                component => fault == "writable" && component.DatabaseRole is not null
                                    ? component with { DatabaseRole = MemberRole.WritableReplica }
                                    : fault == "stopped" && component.Kind == ComponentKind.Firewall
                                        ? component with { IsRunning = false }
                                        : component),
                        ],
                    }),
            ],
        };
        Finding[] passes = [.. topology.Servers.Select(static server => Finding("SRV-006", FindingStatus.Pass, server.Server, "/"))];

        Assert.Contains(
            "Nothing was found wrong by the 1 control given", PictureMaker.Make(Calm, passes).Description, StringComparison.Ordinal);
        foreach (Finding[] findings in (Finding[][])[passes, []])
        {
            Picture picture = PictureMaker.Make(topology, findings);
            Assert.DoesNotContain("Nothing was found wrong", picture.Description, StringComparison.Ordinal);
            Assert.Contains(shown, picture.Description, StringComparison.Ordinal);
            Assert.True(picture.Nodes.Single(static node => node.Name == "web-02").Tone > PictureTone.Good);
        }
    }

    // Servers alone: the sample's backends are plain text, which is a warning of its own.
    private static readonly SiteTopology Calm = Well with { Links = [] };

    [Fact]
    public void Servers_of_a_kind_that_were_not_read_have_a_box_too()
    {
        SiteTopology many = Many(30);
        Picture picture = PictureMaker.Make(
            many with { Servers = [.. many.Servers.Select(static server => server with { Components = [], Unread = ["timed out"] })] }, []);

        Assert.Contains(picture.Nodes, static node => node.Lines.Any(static line => line.Text == "web-07: not read in full"));
    }

    [Fact]
    public void A_connection_that_no_flow_names_is_an_arrow_that_says_so()
    {
        Picture picture = PictureMaker.Make(Stray().Found, []);

        PictureEdge edge = Edge(picture, "web-01", "internet");
        Assert.Equal(("not declared 4444", PictureTone.Bad), (edge.Label, edge.Tone));
    }

    [Fact]
    public void Hostile_text_stays_text()
    {
        const string Hostile = "</title><script>alert(1)</script>\"' & \u0000\u001b]]> <!-- ";
        SiteTopology topology = Well with
        {
            Site = Hostile,
            Servers =
            [
                .. Well.Servers.Select(
                    static server => server with
                    {
                        Unread = [Hostile],
                        Components = [.. server.Components.Select(static component => component with { Name = Hostile })],
                    }),
            ],
            Links = [.. Well.Links.Select(static link => link with { Flows = [Hostile], Seen = Hostile })],
        };
        Finding[] findings = [Finding("FW-014", FindingStatus.Fail, "web-01", Hostile) with { Actual = Hostile, Title = Hostile }];

        XElement svg = XDocument.Parse(TopologySvg.Draw(topology, findings)).Root!;

        Assert.DoesNotContain(svg.Descendants(), static element => element.Name.LocalName == "script");
        Assert.DoesNotContain("<script", TopologyMermaid.Draw(topology, findings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(30)]
    [InlineData(200)]
    public void Boxes_never_meet_and_everything_lies_within_the_picture(int servers)
    {
        PictureLayout layout = PictureLayout.Of(PictureMaker.Make(Many(servers), []));
        Box[] boxes = [.. layout.Picture.Nodes.Select(node => layout[node])];

        Assert.All(boxes, box => Assert.Single(boxes, box.Meets));
        Assert.All(
            boxes.Concat(layout.Edges.Select(static edge => edge.Label)),
            box => Assert.True(box.X >= 0 && box.Y >= 0 && box.Right <= layout.Width && box.Bottom <= layout.Height));
        Assert.True(layout.Picture.Nodes.Count <= 16, $"{layout.Picture.Nodes.Count} boxes");
    }

    [Fact]
    public void Many_servers_of_a_kind_are_one_box_that_names_those_with_findings()
    {
        Picture picture = PictureMaker.Make(Many(200), [Finding("SRV-005", FindingStatus.Fail, "web-117", "/")]);

        PictureNode web = picture.Nodes.Single(static node => node.Title == "198 servers");

        Assert.Equal(PictureTone.Bad, web.Tone);
        Assert.Contains(web.Lines, static line => line.Text == "web-117: 1 failed");
        Assert.Contains(web.Notes, static note => note.StartsWith("web-117: SRV-005", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flowchart_of_Mermaid_has_a_node_for_each_box_and_a_line_for_each_arrow()
    {
        Picture picture = PictureMaker.Make(Stray().Found, []);
        string[] lines = TopologyMermaid.Draw(Stray().Found, []).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("flowchart TB", lines[0]);
        Assert.Equal(picture.Nodes.Count, lines.Count(static line => MermaidNode().IsMatch(line)));
        Assert.Equal(picture.Edges.Count, lines.Count(static line => MermaidEdge().IsMatch(line)));
        int bad = picture.Edges.Index().Single(static edge => edge.Item.Tone == PictureTone.Bad).Index;
        Assert.Contains(
            lines,
            line => line.StartsWith(
                string.Create(CultureInfo.InvariantCulture, $"  linkStyle {bad} stroke:#b3261e"), StringComparison.Ordinal));
        Assert.All(
            lines.Skip(1),
            static line => Assert.True(MermaidNode().IsMatch(line) || MermaidEdge().IsMatch(line) || MermaidStyle().IsMatch(line), line));
    }

    private static TopologySample Stray() => new TopologySample().With("web-01", static sockets => sockets with
    {
        Conversations = Reading.Of<IReadOnlyList<Conversation>>([TopologySample.Conversation(false, "192.0.2.11", "203.0.113.99", 4444)]),
    });

    private static SiteTopology Many(int servers)
    {
        TopologyServer web = Well.Find("web-01")!;
        TopologyServer[] more =
        [
            .. Enumerable.Range(3, servers - 4)
                .Select(number => web with { Server = string.Create(CultureInfo.InvariantCulture, $"web-{number:00}") }),
        ];
        return Well with
        {
            Servers = [.. Well.Servers.Where(static server => server.Server != "fw-01"), .. more],
            Links =
            [
                .. Well.Links,
                .. more.SelectMany(
                    server => Well.Links.Where(static link => link.To == "web-02")
                        .Select(link => link with { To = server.Server, Path = [link.From, server.Server] })),
            ],
        };
    }

    private static PictureEdge Edge(Picture picture, string from, string to) =>
        picture.Edges.Single(edge => edge.From == from && edge.To == to);

    private static Finding Finding(string id, FindingStatus status, string server, string target) => new()
    {
        ControlId = id, Title = "A rule", Area = Area.Server, Severity = Severity.High, Status = status, Server = server, Target = target,
        Actual = "so", Time = TestSite.Now,
    };

    [GeneratedRegex("""https?://|url\(|@import|xlink|href=""")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("""^  n\d+(\(\[|\[)"[^"]*"(\]\)|\])$""")]
    private static partial Regex MermaidNode();

    [GeneratedRegex("""^  n\d+ <?(-->|-\.->)\|"[^"]*"\| n\d+$""")]
    private static partial Regex MermaidEdge();

    [GeneratedRegex("""^  (classDef|class|linkStyle|accTitle:|accDescr:) """)]
    private static partial Regex MermaidStyle();
}
