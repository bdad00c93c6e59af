using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>The settings of the kernel that decide what it forwards and whose packets it takes, read by one process.</summary>
internal static class KernelSettings
{
    /// <summary>What forwarding is read from, as findings name it.</summary>
    public const string ForwardingSource = "sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding";

    /// <summary>What the reverse path filters are read from, as findings name it.</summary>
    public const string ReversePathSource = "sysctl -r net.ipv4.conf.*.rp_filter";

    /// <summary>grep prints the name of each file before its line; a kernel without IPv6 lacks one of them.</summary>
    public const string Script =
        $"cd /proc/sys/net && grep -s . {Forwarding4} {Forwarding6} {Interfaces}*{ReversePathFile} || true";

    private const string Forwarding4 = "ipv4/ip_forward", Forwarding6 = "ipv6/conf/all/forwarding";

    private const string Interfaces = "ipv4/conf/", ReversePathFile = "/rp_filter";

    /// <summary>What is forwarded.</summary>
    /// <exception cref="ParseException">The setting for IPv4 is missing.</exception>
    public static ForwardingSettings Forwarding(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, ':');
        return values.TryGetValue(Forwarding4, out string? four)
            ? new ForwardingSettings(four == "1", values.GetValueOrDefault(Forwarding6) == "1")
            : throw new ParseException(null, ForwardingSource, 0, $"expected a line '{Forwarding4}:' and a number, found '{text.Trim()}'");
    }

    /// <summary>The reverse path filter of each interface.</summary>
    /// <exception cref="ParseException">There is none, or a line is not of its form.</exception>
    public static IReadOnlyList<ReversePathSetting> ReversePath(string text)
    {
        ReversePathSetting[] settings =
        [
            .. Lines.Of(text).Where(static line => line.Text.StartsWith(Interfaces, StringComparison.Ordinal)).Select(static line =>
                line.Text[Interfaces.Length..].Split($"{ReversePathFile}:") is [{ Length: > 0 } name, var mode]
                    && int.TryParse(mode, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    ? new ReversePathSetting(name, number)
                    : throw Lines.Unexpected(ReversePathSource, line.Number, "an interface and a number", line.Text)),
        ];
        return settings.Length > 0 ? settings
            : throw new ParseException(null, ReversePathSource, 0, "expected at least one interface, found none");
    }
}
