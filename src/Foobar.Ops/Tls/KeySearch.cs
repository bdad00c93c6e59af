using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Tls;

/// <summary>
/// Finds the files with private keys that HAProxy, nginx, MySQL and MariaDB load, by their own configurations, and who can read them.
/// </summary>
internal static class KeySearch
{
    /// <summary>Finds them.</summary>
    /// <returns>The files with keys; and what could not be followed to a file, each with its reason.</returns>
    public static async Task<(Reading<IReadOnlyList<KeyFile>> Files, IReadOnlyList<string> Doubts)> RunAsync(
        IServerSession session, CancellationToken cancellationToken)
    {
        try
        {
            KeyPlaces places = (await HaproxyAsync(session, cancellationToken)).With(await NginxAsync(session, cancellationToken))
                .With(await DatabaseAsync(session, cancellationToken));
            if (places.Paths.Count == 0)
            {
                return (Reading.Of<IReadOnlyList<KeyFile>>([], KeyFile.Source), places.Doubts);
            }

            CommandResult result = await session.RunAsync(
                RemoteCommand.FromScript(KeyFile.Script, places.Paths.Distinct()) with
                {
                    Privileged = true, IsShort = true, Sources = KeyFile.SourcesOf(places.Paths),
                },
                cancellationToken);
            string text = SessionReadings.Succeeded(result, KeyFile.Source).OutputText;
            return (Reading.Of(KeyFile.Parse(text), KeyFile.Source), [.. places.Doubts, .. Missing(places, text)]);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return (Reading.Unreadable<IReadOnlyList<KeyFile>>(error.Message, KeyFile.Source), []);
        }
    }

    private static async Task<KeyPlaces> HaproxyAsync(IServerSession session, CancellationToken cancellationToken)
    {
        IReadOnlyList<HaproxySection> sections = HaproxySection.Of(await HaproxyFiles.ReadAsync(session, cancellationToken));
        KeyPlaces places = HaproxyKeys.Of(sections);
        foreach (string list in places.Lists.Distinct().ToArray())
        {
            CommandResult read = await session.RunAsync(HaproxyFiles.ReadFile(list), cancellationToken);
            if (read.ExitCode == 0)
            {
                places.With(HaproxyKeys.OfList(sections, list, read.OutputText));
            }
            else
            {
                places.Doubts.Add($"crt-list {list}: {read.ErrorText.Trim()}");
            }
        }

        return places;
    }

    private static async Task<KeyPlaces> NginxAsync(IServerSession session, CancellationToken cancellationToken)
    {
        Reading<NginxDirective> configuration = await NginxFiles.ReadAsync(session, cancellationToken);
        if (configuration.TryGet(out NginxDirective? nginx))
        {
            return NginxKeys.Of(nginx);
        }

        KeyPlaces none = new();
        none.Doubts.Add($"{NginxFiles.Source}: {configuration.Failure}");
        return none;
    }

    private static async Task<KeyPlaces> DatabaseAsync(IServerSession session, CancellationToken cancellationToken)
    {
        CommandResult read = await session.RunAsync(
            RemoteCommand.FromScript(DatabaseCertificates.Script) with
            {
                Privileged = true,
                IsShared = true,
                IsShort = true,
            }, cancellationToken);
        return DatabaseCertificates.Parse(SessionReadings.Succeeded(read, DatabaseCertificates.Source).OutputText).Keys;
    }

    /// <summary>What a configuration names and no file is there for.</summary>
    private static IEnumerable<string> Missing(KeyPlaces places, string text)
    {
        HashSet<string> missing =
        [
            .. Lines.Of(text)
                .Select(line => line.Text)
                .Where(line => line.StartsWith(KeyFile.MissingMark, StringComparison.Ordinal))
                .Select(line => line[KeyFile.MissingMark.Length..]),
        ];
        return places.Named.Where(named => named.All(missing.Contains))
            .Select(named => $"{named[0]}: the configuration names it, and there is no such file").Distinct();
    }
}
