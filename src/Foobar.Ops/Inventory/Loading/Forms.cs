using System.Globalization;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Readers of text with a form: names, hosts, paths, endpoints. What reaches a command line can't look like an option.</summary>
internal static partial class Forms
{
    /// <summary>The name of a server, a network or a flow.</summary>
    public static readonly Read<string> Name = Scalars.Matching(NamePattern(), NameExpected);

    /// <summary>A host name (RFC 1123, 2.1).</summary>
    public static readonly Read<string> HostName = Scalars.Matching(HostNamePattern(), "a host name, such as www.foobar.com");

    /// <summary>What the OpenSSH client is given as its destination: an alias, a host name or an address; the user apart.</summary>
    public static readonly Read<string> SshHost = Scalars.Matching(
        SshHostPattern(),
        "a host alias, host name or address, not beginning with '-', without user and port (for these write { \"host\": ..., \"user\": "
            + "..., \"port\": ... })");

    /// <summary>A login name.</summary>
    public static readonly Read<string?> User = Scalars.OptionalMatching(
        UserPattern(), "a login name of letters, digits and . _ - @ \\, not beginning with '-'");

    /// <summary>Jump hosts as <c>ssh -J</c> takes them.</summary>
    public static readonly Read<string?> ProxyJump = Scalars.OptionalMatching(
        ProxyJumpPattern(), "jump hosts as in ssh -J: [user@]host[:port], several separated by commas");

    /// <summary>A port, 1 to 65535.</summary>
    public static readonly Read<int> Port = Scalars.Whole(1, 65535);

    /// <summary>A path on a server.</summary>
    public static readonly Read<string> ServerPath = Scalars.Matching(
        ServerPathPattern(), "an absolute path on the server, such as /run/haproxy/admin.sock");

    /// <summary>A path on a server that may be left out.</summary>
    public static readonly Read<string?> OptionalServerPath = Scalars.OptionalMatching(
        ServerPathPattern(), "an absolute path on the server, such as /run/mysqld/mysqld.sock");

    /// <summary>The name of a backend of HAProxy (configuration manual, 2.4: letters, digits and - _ . :).</summary>
    public static readonly Read<string> Backend = Scalars.Matching(
        BackendPattern(), "the name of a backend of HAProxy: letters, digits and - _ . :");

    /// <summary>The name of a backend of HAProxy that may be left out.</summary>
    public static readonly Read<string?> OptionalBackend = Scalars.OptionalMatching(
        BackendPattern(), "the name of a backend of HAProxy: letters, digits and - _ . :");

    /// <summary>The name of a unit of systemd (systemd.unit(5)).</summary>
    public static readonly Read<string> Unit = Scalars.Matching(
        UnitPattern(), "the name of a systemd unit with its type, such as nginx.service");

    /// <summary>The id of a control, or a pattern of ids.</summary>
    public static readonly Read<string> ControlPattern = Scalars.Matching(
        ControlPatternPattern(), "the id of a control, or a pattern with * such as TLS-*");

    /// <summary>What a valid name looks like.</summary>
    public const string NameExpected =
        "a name of letters, digits, '.', '-' and '_', beginning and ending with a letter or digit, at most 63 long";

    /// <summary>Tells whether text is the name of a server, a network or a flow.</summary>
    public static bool IsName(string text) => NamePattern().IsMatch(text);

    /// <summary>Tells whether text is a destination of the OpenSSH client, without user and port.</summary>
    public static bool IsSshHost(string text) => SshHostPattern().IsMatch(text);

    /// <summary>Tells whether text is a login name.</summary>
    public static bool IsUser(string text) => UserPattern().IsMatch(text);

    /// <summary>Tells whether text is jump hosts as <c>ssh -J</c> takes them.</summary>
    public static bool IsProxyJump(string text) => ProxyJumpPattern().IsMatch(text);

    /// <summary>Where the application connects to: <c>host:port</c>, an IPv6 address in brackets.</summary>
    public static Parsed<string?> Endpoint(SourceValue value, Problems problems)
    {
        const string Expected = "host:port, such as 192.0.2.10:3306 or [2001:db8::10]:3306";
        if (!Scalars.Text(value, problems, Expected).TryGet(out string text))
        {
            return default;
        }

        Match match = EndpointPattern().Match(text);
        bool good = match.Success && int.TryParse(match.Groups["port"].ValueSpan, out int port) && port is > 0 and < 65536
            && (!match.Groups["six"].Success || Addresses.TryAddress(match.Groups["six"].Value, out _));
        return Scalars.Check(good, value, problems, Expected) ? text : default(Parsed<string?>);
    }

    /// <summary>A day (ISO 8601).</summary>
    public static Parsed<DateOnly> Date(SourceValue value, Problems problems)
    {
        const string Expected = "a day such as 2027-01-31";
        return Scalars.Text(value, problems, Expected).TryGet(out string text)
            && Scalars.Check(
                DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day),
                value, problems, Expected)
            ? day
            : default(Parsed<DateOnly>);
    }

    /// <summary>Ports of a transport protocol.</summary>
    public static Parsed<PortRange> Ports(SourceValue value, Problems problems)
    {
        const string Expected = "ports such as tcp/443 or udp/6000-6010, from 1 to 65535";
        return Scalars.Text(value, problems, Expected).TryGet(out string text)
            && Scalars.Check(PortRange.TryParse(text, out PortRange range), value, problems, Expected, Guess(text))
            ? range
            : default(Parsed<PortRange>);
    }

    /// <summary>The base address of a web service, without a login.</summary>
    public static Parsed<Uri?> WebAddress(SourceValue value, Problems problems)
    {
        const string Expected = "an address such as http://192.0.2.30:9090, without a login, query or fragment";
        if (!Scalars.Text(value, problems, Expected).TryGet(out string text))
        {
            return default;
        }

        bool good = Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
        return Scalars.Check(good, value, problems, Expected) ? uri : default(Parsed<Uri?>);
    }

    private static string? Guess(string text) =>
        PortRange.TryParse($"tcp/{text}", out PortRange bare) ? bare.ToString()
        : PortRange.TryParse(text.ToLowerInvariant().Replace(':', '/'), out PortRange other) ? other.ToString()
        : null;

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[A-Za-z0-9?*-]{1,16}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ControlPatternPattern();

    [GeneratedRegex(
        @"^(?=.{1,253}\z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex HostNamePattern();

    [GeneratedRegex(@"^[A-Za-z0-9_:][A-Za-z0-9._:-]{0,254}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SshHostPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_.][A-Za-z0-9._@\\-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_\[][A-Za-z0-9._@:,\[\]-]{0,511}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ProxyJumpPattern();

    [GeneratedRegex(@"^/[^\\\s'""$`;&|<>*?]{1,254}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServerPathPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_.:-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex BackendPattern();

    [GeneratedRegex(@"^[A-Za-z0-9:_.\\@-]{1,240}\.(service|socket|timer|target|path|mount)\z", RegexOptions.CultureInvariant)]
    private static partial Regex UnitPattern();

    [GeneratedRegex(
        @"^(\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)):(?<port>[0-9]{1,5})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex EndpointPattern();
}
