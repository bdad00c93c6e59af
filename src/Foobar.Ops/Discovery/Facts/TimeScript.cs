using System.Net;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>
/// Asks chrony whom it follows and who follows it (chronyc(1), sources, clients; -c gives commas), and systemd-timesyncd whom it
/// follows. Where neither answers, nothing is told.
/// </summary>
internal static class TimeScript
{
    /// <summary>What is read, as evidence names it.</summary>
    public const string Source = "chronyc -n sources; chronyc -n clients; timedatectl show-timesync";

    /// <summary>Prints the sections <c>sources</c>, <c>clients</c> and <c>timesync</c>.</summary>
    public const string Text = """
        export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
        printf '==> sources\n'; chronyc -n -c sources 2>/dev/null
        printf '\n==> clients\n'; chronyc -n -c clients 2>/dev/null
        printf '\n==> timesync\n'; timedatectl show-timesync --property=ServerAddress --value 2>/dev/null
        :
        """;

    /// <summary>Reads what it prints.</summary>
    /// <exception cref="Errors.ParseException">A section is missing.</exception>
    public static TimeFacts Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);

        // ^,*,192.0.2.42,9,...: mode, state, address. Of clients the address stands first; one with "0" packets asked nothing.
        IEnumerable<string?> sources = Lines.Of(sections.Require("sources"))
            .Select(static line => line.Text.Split(',').ElementAtOrDefault(2));
        IEnumerable<string?> clients = Lines.Of(sections.Require("clients")).Select(static line => line.Text.Split(','))
            .Where(static fields => fields.Length > 1 && fields[1] != "0").Select(static fields => fields[0]);
        return new TimeFacts(Addresses(sources.Append(sections.Require("timesync").Trim())), Addresses(clients));
    }

    private static IReadOnlyList<IPAddress> Addresses(IEnumerable<string?> words) =>
        [
            .. words.Select(static word => IPAddress.TryParse(word, out IPAddress? address) ? address : null)
                .OfType<IPAddress>()
                .Where(static address => !IPAddress.IsLoopback(address))
                .Distinct(),
        ];
}
