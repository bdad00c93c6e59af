using System.IO.Enumeration;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class ServerSelectionTests
{
    [Fact]
    public void No_name_and_no_role_mean_all() => Assert.Equal(["lb-01", "web-01", "web-02"], Names([], []));

    [Fact]
    public void Names_are_compared_without_case_and_given_once_in_the_inventory_s_order() =>
        Assert.Equal(["lb-01", "web-02"], Names(["WEB-02", "lb-01", "web-02"], []));

    [Fact]
    public void Wildcards_choose_all_that_fit() => Assert.Equal(["web-01", "web-02"], Names(["web-*", "web-01"], []));

    [Fact]
    public void Roles_choose_servers_with_any_of_them() => Assert.Equal(["lb-01", "web-01"], Names([], [Role.LoadBalancer, Role.Database]));

    [Fact]
    public void A_name_and_a_role_must_both_fit() => Assert.Equal(["web-01"], Names(["web-*"], [Role.Database]));

    [Fact]
    public void A_wildcard_that_fits_nothing_is_an_error_as_an_unknown_name_is()
    {
        ServerSelection selection = ServerSelection.Of(TestSite.Small, ["db-*", "web-*"], null, Wildcard);

        Assert.Equal(["web-01", "web-02"], selection.Servers.Select(server => server.Name));
        Assert.Equal(("ServerNotFound", "db-*"), (Assert.Single(selection.Unknown).ErrorId, selection.Unknown[0].Server));
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_lists_what_there_is()
    {
        ServerSelection selection = ServerSelection.Of(TestSite.Small, ["web-01", "web-03"], null, Wildcard);

        Assert.Equal("web-01", Assert.Single(selection.Servers).Name);
        Assert.Equal("ServerNotFound", Assert.Single(selection.Unknown).ErrorId);
        Assert.Contains("lb-01, web-01, web-02", selection.Unknown[0].Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_unknown_names_choose_no_server() => Assert.Empty(ServerSelection.Of(TestSite.Small, ["nope"], null, Wildcard).Servers);

    private static IEnumerable<string> Names(string[] names, Role[] roles) =>
        ServerSelection.Of(TestSite.Small, names, roles, Wildcard).Servers.Select(server => server.Name);

    private static Predicate<string>? Wildcard(string name) =>
        name.Contains('*', StringComparison.Ordinal) ? candidate => FileSystemName.MatchesSimpleExpression(name, candidate) : null;
}
