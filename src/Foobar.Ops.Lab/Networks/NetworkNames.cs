using System.Globalization;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Networks;

/// <summary>What a lab's namespaces and interfaces are called on this machine.</summary>
internal static class NetworkNames
{
    /// <summary>The namespace with the bridges: the cables and switches between the servers. Nothing in it has an address.</summary>
    public static string Switches(string lab) => $"foobar-{lab}";

    /// <summary>The outside vantage's namespace.</summary>
    public static string Outside(string lab) => $"foobar-{lab}-outside";

    /// <summary>A server's namespace; made anew at each boot.</summary>
    public static string Server(string lab, string server) => $"foobar-{lab}-{server}";

    /// <summary>The machine's own interface on the outside network.</summary>
    public static string Operator(int slot) => string.Create(CultureInfo.InvariantCulture, $"foobar{slot}");

    /// <summary>The end of a server's cable at the switch.</summary>
    public static string Cable(string server, LabLink link) => $"{server}-{link.Interface}";
}
