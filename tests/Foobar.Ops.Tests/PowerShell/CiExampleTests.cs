using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Testing;
using YamlDotNet.RepresentationModel;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>
/// The examples for CI systems do what they say: their own lines, taken out of the YAML, run in bash and a real PowerShell in a
/// folder laid out as they ask for. A saved snapshot stands in for the live site, and what installs programs is left out.
/// </summary>
[RunsFirst]
public sealed class CiExampleTests : IDisposable
{
    private static readonly string Examples = Repository.PathOf("docs", "examples", "ci");

    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-ci-").FullName;

    public static TheoryData<string> Systems => ["github-actions.yml", "gitlab-ci.yml", "azure-pipelines.yml"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task Its_lines_judge_the_site_and_write_the_reports_that_it_publishes(string file)
    {
        Needs.Programs("ssh", "ssh-keygen");
        YamlNode root = Read(file);
        await LayOutAsync();

        ToolResult said = await RunAsync(Script(file, root));

        // The snapshot has trouble, so the job fails, by as much as the report tells.
        Assert.True(File.Exists(Path.Combine(_folder, "compliance.xml")), said.Output + said.Error);
        XElement[] suites = [.. XDocument.Load(Path.Combine(_folder, "compliance.xml")).Descendants("testsuite")];
        int failures = suites.Sum(suite => int.Parse(suite.Attribute("failures")!.Value, CultureInfo.InvariantCulture));
        Assert.True(failures > 0, said.Output + said.Error);
        Assert.Equal(Math.Min(failures, 255), said.ExitCode);
        Assert.Contains("TLS-008", said.Output, StringComparison.Ordinal);
        using JsonDocument sarif = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_folder, "foobar.sarif"), TestContext.Current.CancellationToken));
        Assert.Equal("2.1.0", sarif.RootElement.GetProperty("version").GetString());
        Assert.NotEqual(0, new FileInfo(Path.Combine(_folder, "foobar.md")).Length);

        // The agent that held the key is gone, and the key was printed nowhere.
        Assert.Matches(@"Agent pid [0-9]+ killed", said.Output);
        Assert.DoesNotContain("PRIVATE KEY", said.Output + said.Error, StringComparison.Ordinal);
        string[] published = [.. Published(file, root)];
        Assert.Contains("compliance.xml", published);
        Assert.Contains("foobar.sarif", published);
        Assert.All(published.Except(["site.json"]), path => Assert.True(File.Exists(Path.Combine(_folder, path)), path));
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public void It_holds_no_secret_and_takes_the_key_by_the_systems_own_means(string file)
    {
        string text = File.ReadAllText(Path.Combine(Examples, file));

        Assert.DoesNotContain("BEGIN", text, StringComparison.Ordinal);
        Assert.DoesNotContain("StrictHostKeyChecking", text, StringComparison.Ordinal);
        Assert.Contains(
            file switch { "github-actions.yml" => "secrets.", "gitlab-ci.yml" => "FOOBAR_SSH_KEY", _ => "DownloadSecureFile@1" },
            text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task Every_line_of_shell_is_valid(string file)
    {
        ToolResult said = await Tool.TryAsync(
            "bash", ["-n"], string.Join('\n', Shell(Read(file))), cancel: TestContext.Current.CancellationToken);

        Assert.True(said.Succeeded, said.Error);
    }

    [Fact]
    public async Task Only_pinned_host_keys_are_taken()
    {
        Needs.Programs("ssh");
        string said = await Tool.RunAsync(
            "ssh", ["-G", "-F", Path.Combine(Examples, "ssh_config"), "web-01"], cancel: TestContext.Current.CancellationToken);

        Assert.Contains("userknownhostsfile ci/known_hosts", said, StringComparison.Ordinal);
        Assert.Contains("stricthostkeychecking true", said, StringComparison.Ordinal);
        Assert.Contains("batchmode yes", said, StringComparison.Ordinal);
    }

    private static YamlNode Read(string file)
    {
        YamlStream yaml = [];
        using StreamReader text = new(Path.Combine(Examples, file));
        yaml.Load(text);
        return Assert.Single(yaml.Documents).RootNode;
    }

    private static IEnumerable<YamlMappingNode> Steps(YamlNode root)
    {
        IEnumerable<YamlNode> jobs = root["jobs"] is YamlMappingNode named ? named.Children.Values : (YamlSequenceNode)root["jobs"];
        return jobs.SelectMany(job => (YamlSequenceNode)job["steps"]).Cast<YamlMappingNode>();
    }

    // The step that runs the script that all three share; what GitLab runs in one shell is one.
    private static string Script(string file, YamlNode root) => file == "gitlab-ci.yml"
        ? string.Join('\n', Lines(root["compliance"]["script"]))
        : Assert.Single(Shell(root), text => text.Contains("compliance.ps1", StringComparison.Ordinal));

    private static IEnumerable<string> Shell(YamlNode root) => root is YamlMappingNode map && map.Children.ContainsKey("compliance")
        ? [.. Lines(root["compliance"]["before_script"]), .. Lines(root["compliance"]["script"])]
        : Steps(root).Where(step => Text(step, "shell") != "pwsh")
            .Select(step => Text(step, "run") ?? Text(step, "script") ?? Text(step, "bash")).OfType<string>();

    private static IEnumerable<string> Published(string file, YamlNode root) => file switch
    {
        "gitlab-ci.yml" =>
            [.. Lines(root["compliance"]["artifacts"]["paths"]), root["compliance"]["artifacts"]["reports"]["junit"].ToString()],
        _ => Steps(root).SelectMany(step => new[] { Text(step, "publish") }
            .Concat(
                step.Children.TryGetValue("with", out YamlNode? with)
                    ? [Text(with, "sarif_file"), .. (Text(with, "path") ?? "").Split('\n')]
                    : [])
            .Concat(step.Children.TryGetValue("inputs", out YamlNode? inputs) ? [Text(inputs, "testResultsFiles")] : []))
            .OfType<string>().Where(path => path.Length > 0),
    };

    private static IEnumerable<string> Lines(YamlNode list) => ((YamlSequenceNode)list).Select(line => line.ToString());

    private static string? Text(YamlNode node, string key) =>
        ((YamlMappingNode)node).Children.TryGetValue(key, out YamlNode? value) ? value.ToString() : null;

    // As the examples ask for it in their first lines.
    private async Task LayOutAsync()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "ci"));
        File.Copy(Path.Combine(Examples, "compliance.ps1"), Path.Combine(_folder, "ci", "compliance.ps1"));
        File.Copy(Path.Combine(Examples, "ssh_config"), Path.Combine(_folder, "ci", "ssh_config"));
        await Tool.RunAsync(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "auditor", "-f", Key], cancel: TestContext.Current.CancellationToken);
    }

    private string Key => Path.Combine(_folder, "key");

    private async Task<ToolResult> RunAsync(string script)
    {
        PowerShellHost shell = await PowerShellHost.FindAsync(TestContext.Current.CancellationToken);
        string file = Path.Combine(_folder, "lines.sh");
        await File.WriteAllTextAsync(
            file, script.Replace("$(sshKey.secureFilePath)", Key, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        ProcessStartInfo start = Tool.Prepare("bash", ["-e", file]);
        foreach ((string name, string? value) in shell.Prepare().Environment)
        {
            start.Environment[name] = value;
        }

        // As Install-PSResource would have left it.
        start.Environment["PSModulePath"] = $"{Repository.PathOf("output")}{Path.PathSeparator}{start.Environment["PSModulePath"]}";
        start.Environment["FOOBAR_SNAPSHOT"] = Repository.PathOf("tests", "Pester", "Data", "after.snapshot.json");
        start.Environment["FOOBAR_SSH_KEY"] = Key;
        start.Environment["SSH_KEY"] = await File.ReadAllTextAsync(Key, TestContext.Current.CancellationToken);
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.WorkingDirectory = _folder;
        return await Tool.TryAsync(start, limit: TimeSpan.FromMinutes(2), cancel: TestContext.Current.CancellationToken);
    }
}
