using System.Globalization;
using System.IO.Enumeration;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>Controls over the application's files on the web servers.</summary>
public static class AppFileControls
{
    private const int MostNamed = 5;

    /// <summary>All of them, in the order of their ids.</summary>
    public static IReadOnlyList<Control<SiteCase<TopologyFacts>>> All { get; } =
    [
        new(
            TopologyControls.Info(
                "TOP-011", Severity.High, "The application's files are the same on all servers",
                "Visitors get one version or the other by chance; and a file that one server alone has may be an intruder's.",
                "Deploy the same version to all servers; name what may differ in policy.topology.appFilesExcept."),
            JudgeSame),
        new(
            TopologyControls.Info(
                "TOP-012", Severity.High, "Who serves visitors can't change the application's files",
                "A hole in the application is the right to change it for good where its own account can write its files, or a directory "
                    + "on the way to them: who may write a directory can put another one in the place of what is in it.",
                "chown root and chmod go-w the files and the directories above them; name what must be written (uploads, caches) in "
                    + "policy.topology.appFilesExcept.",
                "OWASP ASVS 4.0.3, 12.4.1"),
            static site => Concerned(site).Select(server => JudgeWritable(site, server))),
    ];

    private static IEnumerable<Server> Concerned(SiteCase<TopologyFacts> site) =>
        site.Site.Servers.Where(static server => server.Is(Role.Web) || server.Is(Role.App));

    private static Reading<AppFiles> Files(SiteCase<TopologyFacts> site, Server server) =>
        site.Facts.Of(server.Name).Part(static facts => facts.Files);

    private static IEnumerable<Verdict> JudgeSame(SiteCase<TopologyFacts> site)
    {
        Server[] servers = [.. Concerned(site)];
        if (servers.Length < 2)
        {
            return [Verdict.NotApplicable(actual: "at most one server holds the application")];
        }

        (Server Server, Reading<AppFiles> Files)[] all = [.. servers.Select(server => (server, Files(site, server)))];
        Verdict[] unread =
        [
            .. all.Select(
                static each =>
                    Unread(each.Files) is { } why
                        ? Verdict.Unknown(null, why, each.Files.Source) with { Server = each.Server.Name }
                        : null).OfType<Verdict>(),
        ];
        string[] directories =
        [
            .. all.SelectMany(static each => (each.Files.Value?.Directories ?? []).Concat(each.Files.Value?.Missing ?? []))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        IEnumerable<Verdict> compared = directories.SelectMany(
            directory => Compare(
                site, directory,
                [.. all.Where(static each => Unread(each.Files) is null).Select(static each => (each.Server, each.Files.Value!))]));
        return unread.Length == 0 && directories.Length == 0
            ? [
                Verdict.Unknown(
                    null,
                    "No directory with the application's files is known: nginx serves none, and no unit of the application is declared. "
                        + "Name them in policy.topology.appFiles."),
            ]
            : [.. unread, .. compared];
    }

    private static string? Unread(Reading<AppFiles> files) =>
        !files.TryGet(out AppFiles? read) ? files.Failure ?? "It was not read." : read.Limit;

    // Beside the first that has it. Web servers and application servers of their own need not hold the same directories.
    private static IEnumerable<Verdict> Compare(SiteCase<TopologyFacts> site, string directory, (Server Server, AppFiles Files)[] servers)
    {
        (Server Server, AppFiles Files)[] named =
        [
            .. servers.Where(each => each.Files.Directories.Contains(directory) || each.Files.Missing.Contains(directory)),
        ];
        (Server Server, AppFiles Files)[] holding = [.. named.Where(each => each.Files.Directories.Contains(directory))];
        foreach ((Server server, _) in named.Except(holding))
        {
            yield return Verdict.Fail(
                directory, holding.Length > 0 ? $"as on {holding[0].Server.Name}" : "a directory", "it is not there", "find") with
            {
                Server = server.Name,
            };
        }

        if (holding.Length == 1)
        {
            yield return Verdict.NotApplicable(directory, "one server alone has it") with { Server = holding[0].Server.Name };
        }

        foreach ((Server server, AppFiles files) in holding.Skip(1))
        {
            yield return Differences(site, directory, holding[0], files) with { Server = server.Name };
        }
    }

    private static Verdict Differences(
        SiteCase<TopologyFacts> site, string directory, (Server Server, AppFiles Files) first, AppFiles files)
    {
        Dictionary<string, AppFile> there = Known(site, first.Files, directory), here = Known(site, files, directory);
        (string Path, string What)[] different =
        [
            .. there.Keys.Union(here.Keys).Order(StringComparer.Ordinal)
                .Select(path => (path, What: Difference(there.GetValueOrDefault(path), here.GetValueOrDefault(path))))
                .Where(static each => each.What is not null).Select(static each => (each.path, each.What!)),
        ];
        string count = string.Create(CultureInfo.InvariantCulture, $"{different.Length} of {there.Keys.Union(here.Keys).Count()} differ");
        return different.Length == 0
            ? Verdict.Pass(
                directory, string.Create(CultureInfo.InvariantCulture, $"{here.Count} files and directories as on {first.Server.Name}"))
            : Verdict.Fail(
                directory, $"as on {first.Server.Name}",
                $"{count}: {string.Join(", ", different.Take(MostNamed).Select(static each => $"{Name(each.Path)} ({each.What})"))}{(different.Length > MostNamed ? ", ..." : "")}",
                $"sha256sum, stat: {Name(different[0].Path)}: {Short(there.GetValueOrDefault(different[0].Path))} on {first.Server.Name}, "
                    + $"{Short(here.GetValueOrDefault(different[0].Path))} here");
    }

    private static string Name(string path) => path.Length == 0 ? "the directory itself" : path;

    private static string? Difference(AppFile? there, AppFile? here) =>
        there is null ? "here alone"
        : here is null ? "missing here"
        : there.Content != here.Content ? "content"
        : there.IsLink ? null
        : there.Owner != here.Owner || there.Group != here.Group ? "owner"
        : there.Mode != here.Mode ? "mode"
        : null;

    private static string Short(AppFile? file) =>
        file is null ? "none" : $"{(file.Content.Length == 64 ? file.Content[..12] : file.Content)} {file.Owner}:{file.Group} {file.Mode}";

    private static Dictionary<string, AppFile> Known(SiteCase<TopologyFacts> site, AppFiles files, string directory) => files.Files
        .Where(file => file.Directory == directory && !IsExcepted(site, file)).ToDictionary(
            static file => file.Path, StringComparer.Ordinal);

    private static bool IsExcepted(SiteCase<TopologyFacts> site, AppFile file) => site.Site.Policy.Topology.AppFilesExcept.Any(pattern =>
        FileSystemName.MatchesSimpleExpression(pattern, file.Path, ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression(pattern, file.Path.AsSpan(file.Path.LastIndexOf('/') + 1), ignoreCase: false));

    private static Verdict JudgeWritable(SiteCase<TopologyFacts> site, Server server)
    {
        Reading<AppFiles> reading = Files(site, server);
        if (Unread(reading) is { } why)
        {
            return Verdict.Unknown(null, why, reading.Source) with { Server = server.Name };
        }

        AppFiles files = reading.Value!;
        Writable[] writable =
        [
            .. from file in files.Files
               where !file.IsLink && !IsExcepted(site, file)
               let who = Writer(file.Owner, file.Group, file.Mode, files.Users)
               where who is not null
               select new Writable(
                   file.Directory, Name(file.Path), who, $"{file.Directory}/{file.Path} {file.Owner}:{file.Group} {file.Mode}"),
            .. from part in files.Ways ?? []
               where !files.Directories.Any(each => part.Path == each || part.Path.StartsWith(each + "/", StringComparison.Ordinal))
               let who = Replacer(part, files)
               where who is not null
               select new Writable(part.Path, part.Path, who, $"{part.Path} {part.Owner}:{part.Group} {part.Mode}"),
        ];
        string users = string.Join(", ", files.Users.Select(static user => user.Name));
        return (files.Directories.Count == 0
            ? Verdict.Unknown(null, "No directory with the application's files is known here; name them in policy.topology.appFiles.")
            : files.Users.Count == 0
                ? Verdict.Unknown(null, "The account that serves visitors is not known: no unit of the application is declared.")
            : writable.Length > 0
                ? Verdict.Fail(
                    writable[0].Target, $"not writable by {users}",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{writable.Length} are: {string.Join(", ", writable.Take(MostNamed).Select(static each => $"{each.Name} ({each.Who})"))}{(writable.Length > MostNamed ? ", ..." : "")}"),
                    $"stat: {writable[0].Evidence}")
            : files.Ways is null ? Verdict.Unknown(string.Join(", ", files.Directories), "The directories above were not read.")
            : Verdict.Pass(string.Join(", ", files.Directories), $"{users} can write none of it, nor a directory above")) with
            {
                Server = server.Name,
            };
    }

    // In a directory with the sticky bit only the owner of an entry, or the directory's, can put another one in its place.
    private static string? Replacer(PathPart part, AppFiles files)
    {
        if (!part.IsLink)
        {
            return part.IsDirectory && IsSticky(part)
                ? Writer(part.Owner, part.Group, "755", files.Users)
                : Writer(part.Owner, part.Group, part.Mode, files.Users);
        }

        int slash = part.Path.LastIndexOf('/');
        string above = slash <= 0 ? "/" : part.Path[..slash];
        return files.Ways!.FirstOrDefault(each => each.Path == above) is { } directory && IsSticky(directory)
            && Writer(directory.Owner, directory.Group, directory.Mode[^3..], files.Users) is not null
            && files.Users.FirstOrDefault(user => user.Name == part.Owner) is { } owner
                ? $"{owner.Name} owns the link"
                : null;
    }

    private static bool IsSticky(PathPart part) => (Convert.ToInt32(part.Mode, 8) & 0b1_000_000_000) != 0;

    // By the bits of chmod(1): owner, group, others. What belongs to who serves is his to change, whatever the bits say.
    private static string? Writer(string owner, string group, string mode, IReadOnlyList<WebUser> users)
    {
        int bits = Convert.ToInt32(mode, 8);
        return users.FirstOrDefault(user => user.Name == owner) is { } own ? $"{own.Name} owns it"
            : (bits & 0b010_000) != 0 && users.FirstOrDefault(user => user.Groups.Contains(group)) is { } member
                ? $"{member.Name} by group {group}"
            : (bits & 0b010) != 0 && (bits & 0b1_000_000_000) == 0 ? "everybody"
            : null;
    }

    private sealed record Writable(string Target, string Name, string Who, string Evidence);
}
