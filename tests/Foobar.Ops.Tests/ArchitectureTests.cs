using System.Reflection;
using System.Text.RegularExpressions;
using Foobar.Ops.Auditing;

namespace Foobar.Ops.Tests;

/// <summary>Holds the house together: arrows run down the floors, and nobody outside is named in a signature.</summary>
public sealed partial class ArchitectureTests
{
    // A room is the first part of a namespace below Foobar.Ops. What stands on the ground is used by all.
    private static readonly string[][] Floors =
    [
        ["Errors", "Loading"],
        ["Inventory", "Findings"],
        ["Remoting", "Planning", "Linux", "Services"],
        ["Servers", "Firewall", "Tls", "Database", "LoadBalancing", "Monitoring", "Probing"],
        ["Discovery", "Topology", "Connectivity", "Auditing", "Traffic", "Sending"],
        ["Operations", "Viewing", "Reporting"],
    ];

    private const int AreaFloor = 3;

    // The three kinds of operation on the members stand on what they share, and know nothing of each other.
    private const string Replication = "Operations/Replication/";
    private static readonly string[] Kinds = ["Switchover", "Failover", "Rejoin"];

    private static readonly Assembly Library = typeof(Audit).Assembly;
    private static readonly (string File, string Room, string[] Uses)[] Sources = [.. ReadSources()];

    [Fact]
    public void Every_room_has_a_floor() =>
        Assert.Empty(Sources.SelectMany(source => source.Uses.Append(source.Room)).Except(Floors.SelectMany(floor => floor)));

    [Fact]
    public void Arrows_run_down_the_floors() =>
        Assert.Empty(
            Sources.SelectMany(
                source => source.Uses.Where(room => Floor(room) > Floor(source.Room))
                    .Select(room => $"{source.File} uses {room}, which stands above it")));

    [Fact]
    public void Areas_never_use_each_other() =>
        Assert.Empty(
            Sources.Where(source => Floor(source.Room) == AreaFloor)
                .SelectMany(
                    source => source.Uses.Where(room => Floor(room) == AreaFloor && room != source.Room)
                        .Select(room => $"{source.File} uses {room}")));

    [Fact]
    public void No_two_rooms_use_each_other()
    {
        HashSet<(string From, string To)> arrows =
        [
            .. Sources.SelectMany(source => source.Uses.Where(room => room != source.Room).Select(room => (source.Room, room))),
        ];

        Assert.Empty(arrows.Intersect(arrows.Select(arrow => (arrow.To, arrow.From))));
    }

    [Fact]
    public void Switchover_failover_and_rejoin_stand_on_what_they_share_and_not_on_each_other()
    {
        string root = Repository.File("src", "Foobar.Ops");
        List<string> arrows = [];
        foreach ((string file, _, _) in Sources.Where(source => source.File.StartsWith(Replication, StringComparison.Ordinal)))
        {
            string room = file[Replication.Length..].Split('/') is [{ } first, _, ..] ? first : "";
            string text = File.ReadAllText(Path.Combine(root, file));

            // Who resumes either of two kinds knows both, and nobody knows him.
            IEnumerable<string> forbidden = room == "Resumption" ? [] : Kinds.Append("Resumption").Where(kind => kind != room);
            arrows.AddRange(
                forbidden.Where(
                    kind => Regex.IsMatch(
                        text, $@"^using Foobar\.Ops\.Operations\.Replication\.{kind};|[^\w.""]{kind}\.[A-Z]\w+", RegexOptions.Multiline))
                    .Select(kind => $"{file} uses {kind}"));
        }

        Assert.Empty(arrows);
        Assert.Equal(
            [.. Kinds.Order(StringComparer.Ordinal)],
            Sources.Select(source => source.File)
                .Where(file => Kinds.Any(kind => file.StartsWith($"{Replication}{kind}/", StringComparison.Ordinal)))
                .Select(file => file.Split('/')[2])
                .Distinct()
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Operations_on_members_speak_to_them_through_the_member_alone()
    {
        // A held session passes on what others say. What MySQL's and MariaDB's programs and files look like while no database
        // runs is not the member's.
        static bool MayKnowFlavours(string file) => file.StartsWith($"{Replication}Machines/", StringComparison.Ordinal)
            || file[Replication.Length..] is "Rejoin/ErrantSql.cs"
                or "Rejoin/ErrantKeeper.cs"
                or "Rejoin/ReturningMember.cs"
                or "Rejoin/ReturningEvents.cs"
                or "Rejoin/FreshCopy.cs";

        string root = Repository.File("src", "Foobar.Ops");
        string[] speaking =
        [
            .. Sources.Select(source => source.File).Where(
                file => file.StartsWith(Replication, StringComparison.Ordinal) && file != $"{Replication}HeldSession.cs")
                .Where(
                    file =>
                        Statement().IsMatch(File.ReadAllText(Path.Combine(root, file)))
                            || (!MayKnowFlavours(file) && FlavourTest().IsMatch(File.ReadAllText(Path.Combine(root, file))))),
        ];
        Assert.Empty(speaking);
    }

    [Fact]
    public void A_file_s_namespace_is_its_room() =>
        Assert.All(Sources, source => Assert.Equal(source.File.Split('/')[0], source.Room));

    [Fact]
    public void The_library_knows_neither_PowerShell_nor_a_driver() =>
        Assert.All(
            Library.GetReferencedAssemblies(),
            reference => Assert.True(IsPlatform(reference), $"The library references {reference.Name}."));

    [Fact]
    public void No_public_signature_names_a_third_party_type() =>
        Assert.Empty(
            Library.GetExportedTypes()
                .SelectMany(
                    type => Signature(type)
                        .SelectMany(Parts)
                        .Where(part => part.Assembly != Library && !IsPlatform(part.Assembly.GetName()))
                        .Select(part => $"{type.FullName} names {part.FullName}"))
                .Distinct());

    /// <summary>A text that can't be parted, such as a regular expression, may make a line longer than that.</summary>
    [Fact]
    public void No_line_of_code_is_longer_than_140_characters() =>
        Assert.Empty(Files().SelectMany(LongLines));

    [Fact]
    public void No_file_is_longer_than_500_lines() => Assert.DoesNotContain(Files(), file => File.ReadLines(file).Count() > 500);

    [Fact]
    public void Nothing_is_left_to_be_done_later() =>
        Assert.Empty(
            Sources.Where(source => Later().IsMatch(File.ReadAllText(Repository.File("src", "Foobar.Ops", source.File))))
                .Select(source => source.File));

    private static IEnumerable<string> Files() =>
        new[] { "src", "tests", "build" }
            .Select(folder => Repository.File(folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => !Generated().IsMatch(file));

    private static IEnumerable<string> LongLines(string file)
    {
        bool inText = false;
        foreach ((int index, string line) in File.ReadLines(file).Index())
        {
            if (line.Length > 140 && !inText && !Text().IsMatch(line))
            {
                yield return $"{Path.GetRelativePath(Repository.Root, file)}, line {index + 1}: {line.Trim()}";
            }

            inText ^= RawText().Count(line) % 2 == 1;
        }
    }

    private static int Floor(string room) => Array.FindIndex(Floors, floor => floor.Contains(room));

    private static IEnumerable<(string File, string Room, string[] Uses)> ReadSources()
    {
        string root = Repository.File("src", "Foobar.Ops");
        foreach (string file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Generated().IsMatch(file)))
        {
            string text = File.ReadAllText(file);
            if (Namespace().Match(text) is { Success: true } room)
            {
                yield return (Path.GetRelativePath(root, file).Replace('\\', '/'), room.Groups[1].Value, [
                    .. Mention().Matches(text).Select(match => match.Groups[1].Value + match.Groups[2].Value).Distinct(),
                ]);
            }
        }
    }

    private static bool IsPlatform(AssemblyName assembly) => assembly.Name is { } name
        && name != "System.Management.Automation"
        && File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, name + ".dll"));

    private static IEnumerable<Type> Signature(Type type)
    {
        const BindingFlags Own = BindingFlags.Public
            | BindingFlags.NonPublic
            | BindingFlags.Instance
            | BindingFlags.Static
            | BindingFlags.DeclaredOnly;
        IEnumerable<MethodBase> methods = type.GetMethods(Own)
            .Cast<MethodBase>()
            .Concat(type.GetConstructors(Own))
            .Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);
        return
        [
            .. type.GetInterfaces(),
            .. type.BaseType is { } parent ? [parent] : Type.EmptyTypes,
            .. type.GetFields(Own).Where(field => field.IsPublic || field.IsFamily).Select(field => field.FieldType),
            .. methods.SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType),
            .. methods.OfType<MethodInfo>().Select(method => method.ReturnType),
        ];
    }

    private static IEnumerable<Type> Parts(Type type) => type.HasElementType
        ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];

    [GeneratedRegex(@"^namespace Foobar\.Ops\.([A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // A line that is one string, with at most a word or an operator before it.
    [GeneratedRegex(@"^\s*(?:\S+ ){0,2}[$@]*""")]
    private static partial Regex Text();

    [GeneratedRegex("\"\"\"")]
    private static partial Regex RawText();

    // Imports, and full names in the text: Foobar.Ops.Room.Type.
    [GeneratedRegex(
        @"^(?:global )?using (?:static )?Foobar\.Ops\.([A-Z][A-Za-z]+)|[^.\w]Foobar\.Ops\.([A-Z][A-Za-z]+)\.[A-Z]", RegexOptions.Multiline)]
    private static partial Regex Mention();

    [GeneratedRegex(@"\b(?:QueryAsync|ExecuteAsync)\(|\bIsMariaDb\b")]
    private static partial Regex Statement();

    [GeneratedRegex(@"DatabaseFlavor\.(?:MySql|MariaDb) *[?)&|]")]
    private static partial Regex FlavourTest();

    [GeneratedRegex(@"[/\\](obj|bin)[/\\]")]
    private static partial Regex Generated();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Later();
}
