using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tests.Linux;

/// <summary>nginx's configuration by nginx's own rules.</summary>
public sealed class NginxTextTests
{
    private const string Dump = """
        # configuration file /etc/nginx/nginx.conf:
        user www-data;
        include modules-enabled/*.conf;
        http {
            log_format site '$remote_addr "$request" {not a block};';
            include /etc/nginx/sites/*;
        }
        # configuration file /etc/nginx/modules-enabled/50.conf:
        load_module x.so;
        # configuration file /etc/nginx/sites/www:
        server { listen 443 ssl; include snippets/tls.conf; location / { proxy_pass http://app#1; } }
        # configuration file /etc/nginx/snippets/tls.conf:
        ssl_certificate_key /etc/ssl/private/a.key;
        """;

    [Fact]
    public void What_is_included_stands_where_it_is_included()
    {
        NginxDirective root = NginxText.Parse(Dump);

        Assert.Equal(["user", "load_module", "http"], root.Block.Select(directive => directive.Name));
        NginxDirective server = Assert.Single(root.Inner("http").Single().Inner("server"));
        Assert.Equal(["listen", "ssl_certificate_key", "location"], server.Block.Select(directive => directive.Name));
        Assert.Equal("http://app#1", server.Inner("location").Single().Inner("proxy_pass").Single().Argument);
    }

    [Theory]
    [InlineData("a b\"c d;", new[] { "b\"c", "d" })]
    [InlineData("a \"b c\" 'd\"e';", new[] { "b c", "d\"e" })]
    [InlineData("a \"b\\\"c\" d\\ e \\t\\.;", new[] { "b\"c", "d\\ e", "\t\\." })]
    [InlineData("a ${x}y {z}", new[] { "${x}y" })]
    [InlineData("a b#c; # d;", new[] { "b#c" })]
    [InlineData("a b}c;", new[] { "b}c" })]
    [InlineData("a (\"x\" = \"y\") {}", new[] { "(\"x\"", "=", "y", ")" })]
    public void Words_are_read_as_nginx_does(string text, string[] arguments) =>
        Assert.Equal(arguments, NginxText.Parse(text.Replace("{z}", "{ z; }", StringComparison.Ordinal)).Block[0].Arguments);

    [Fact]
    public void Blocks_in_another_language_are_passed_over()
    {
        NginxDirective root = NginxText.Parse("a { content_by_lua_block { if x then y = {1, \"}\"} -- } '\n end } b c; }");

        Assert.Equal(["content_by_lua_block", "b"], root.Block[0].Block.Select(directive => directive.Name));
    }

    [Theory]
    [InlineData("http {")]
    [InlineData("a b")]
    [InlineData("a \"b;")]
    [InlineData("a \"b\"c;")]
    [InlineData("}")]
    [InlineData("a { ; }")]
    [InlineData("# configuration file /n.conf:\ninclude n.conf;")]
    public void What_nginx_would_refuse_is_refused(string text) => Assert.Throws<ParseException>(() => NginxText.Parse(text));

    [Fact]
    public void Any_text_is_taken_or_refused() => ParserProperties.TakesOrRefusesAnyText(NginxText.Parse, Dump);
}
