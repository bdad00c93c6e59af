using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Files;

/// <summary>
/// Finds the files with certificates that HAProxy, nginx, MySQL and MariaDB load, by their own configurations, and asks the
/// running programs whether they serve what the files hold.
/// </summary>
public static class CertificateFileSearch
{
    /// <summary>Finds them.</summary>
    /// <returns>The files with certificates; and what could not be followed to a certificate, each with its reason.</returns>
    public static async Task<(Reading<IReadOnlyList<CertificateFile>> Files, IReadOnlyList<string> Doubts)> RunAsync(
        IServerSession session, CancellationToken cancellationToken)
    {
        try
        {
            CertificatePlaces places = (await HaproxyAsync(session, cancellationToken))
                .With(await NginxAsync(session, cancellationToken)).With(await DatabaseAsync(session, cancellationToken));
            if (places.Uses.Count == 0)
            {
                return (Reading.Of<IReadOnlyList<CertificateFile>>([], CertificateFileReader.Source), places.Doubts);
            }

            string[] paths = [.. places.Uses.Select(static use => use.Path).Distinct()];
            CommandResult result = await session.RunAsync(
                RemoteCommand.FromScript(CertificateFileReader.Script, paths) with
                {
                    Privileged = true, IsShort = true, Sources = CertificateFileReader.SourcesOf(paths),
                },
                cancellationToken);
            string text = SessionReadings.Succeeded(result, CertificateFileReader.Source).OutputText;
            (IReadOnlyList<CertificateFile> files, IReadOnlyList<string> doubts) = Join(
                session.Server.Name, places.Uses, CertificateFileReader.Parse(text), DateTimeOffset.UtcNow);
            return (
                Reading.Of(await LoadedCertificates.CompareAsync(session, files, cancellationToken), CertificateFileReader.Source),
                [.. places.Doubts, .. doubts]);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return (Reading.Unreadable<IReadOnlyList<CertificateFile>>(error.Message, CertificateFileReader.Source), []);
        }
    }

    /// <summary>Puts uses and files together: one record a file, with all of its uses.</summary>
    internal static (IReadOnlyList<CertificateFile> Files, IReadOnlyList<string> Doubts) Join(
        string server, IReadOnlyList<CertificateUse> uses, IReadOnlyList<(string Named, IReadOnlyList<ReadCertificateFile> Files)> read,
        DateTimeOffset time)
    {
        List<string> doubts =
        [
            .. read.Where(one => one.Files.Count == 0 && uses.Any(use => use.Path == one.Named && !use.IsOptional))
                .Select(static one => $"{one.Named}: the configuration names it, and there is no such file"),
            .. read.SelectMany(static one => one.Files).Where(static file => file.Certificates.Count == 0)
                .Select(static file => $"{file.Path}: it holds no certificate that can be read"),
        ];
        return (
            [
                .. read.SelectMany(static one => one.Files).Where(static file => file.Certificates.Count > 0).GroupBy(
                    static file => file.Path)
                    .Select(
                        group => new CertificateFile
                        {
                            Server = server,
                            Path = group.Key,
                            Leaf = group.First().Certificates[0],
                            Intermediates = [.. group.First().Certificates.Skip(1)],
                            Uses = [.. uses.Where(use => group.Any(file => file.Named == use.Path)).Distinct()],
                            Time = time,
                        }),
            ],
            doubts);
    }

    private static async Task<CertificatePlaces> HaproxyAsync(IServerSession session, CancellationToken cancellationToken) =>
        await OfHaproxyAsync(session, HaproxySection.Of(await HaproxyFiles.ReadAsync(session, cancellationToken)), cancellationToken);

    /// <summary>What HAProxy loads by its configuration, and by the lists that this names.</summary>
    internal static async Task<CertificatePlaces> OfHaproxyAsync(
        IServerSession session, IReadOnlyList<HaproxySection> sections, CancellationToken cancellationToken)
    {
        CertificatePlaces places = HaproxyCertificates.Of(sections);
        foreach (CertificateUse list in places.Lists.ToArray())
        {
            CommandResult read = await session.RunAsync(HaproxyFiles.ReadFile(list.Path), cancellationToken);
            if (read.ExitCode == 0)
            {
                places.With(HaproxyCertificates.OfList(sections, list, read.OutputText));
            }
            else
            {
                places.Doubts.Add($"crt-list {list.Path}: {read.ErrorText.Trim()}");
            }
        }

        return places;
    }

    private static async Task<CertificatePlaces> NginxAsync(IServerSession session, CancellationToken cancellationToken)
    {
        Reading<NginxDirective> configuration = await NginxFiles.ReadAsync(session, cancellationToken);
        if (configuration.TryGet(out NginxDirective? nginx))
        {
            return NginxCertificates.Of(nginx);
        }

        CertificatePlaces none = new();
        none.Doubts.Add($"{NginxFiles.Source}: {configuration.Failure}");
        return none;
    }

    private static async Task<CertificatePlaces> DatabaseAsync(IServerSession session, CancellationToken cancellationToken)
    {
        CommandResult read = await session.RunAsync(
            RemoteCommand.FromScript(DatabaseCertificates.Script) with
            {
                Privileged = true,
                IsShared = true,
                IsShort = true,
            }, cancellationToken);
        return DatabaseCertificates.Parse(SessionReadings.Succeeded(read, DatabaseCertificates.Source).OutputText).Certificates;
    }
}
