using System.Globalization;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>The text that goes to a server's shell: the runner, and calls of its functions.</summary>
internal static class RunnerText
{
    private static readonly string Runner = Load("ending.sh") + Load("runner.sh");

    public static string ForLogin(string nonce) => Text($"__fb_nonce={nonce} __fb_env={ShellEnvironment.Words}\n") + Runner;

    public static string StartRoot(string nonce, string directory, Secret? password)
    {
        string runner = Text($"__fb_is_root=1 __fb_nonce={nonce} __fb_env={ShellEnvironment.Words} __fb_dir={directory}\n") + Runner;
        return password is null ? Text($"__fb_root {runner}\n") : Text($"__fb_root {runner} {password.Reveal()}\n");
    }

    public static string AsRoot(string call) => Text($"__fb_as_root {call}\n");

    public static string Job(Job job) => Text($"__fb_job {job.Worker} {job.Id} {job.Command.OutputCap} {job.Command.Script}\n");

    public static string Ping(long number) => Text($"__fb_ping {number}\n");

    public static string Dismiss(int worker) => Text($"__fb_dismiss {worker}\n");

    public static string Put(int id, string base64) => Text($"__fb_put {id} {base64}\n");

    /// <summary>Has the server look at jobs of one runner, at their files too if asked.</summary>
    public static string Look(IReadOnlyList<Job> jobs, bool deep)
    {
        string least = deep ? Text($"{jobs.Min(job => job.Command.OutputCap)}") : "-";
        return $"__fb_look {least} {string.Join(' ', jobs.Select(job => Text($"{job.Id} {job.Command.OutputCap}")))}\n";
    }

    public static string Kill(int id) => Text($"__fb_kill {id}\n");

    public static string Stream(int id) => Text($"__fb_stream {id}\n");

    public static string EndStream(int id) => Text($"__fb_unstream {id}\n");

    public static string Forget(IEnumerable<int> ids) =>
        Text($"__fb_forget {ids.Select(id => id.ToString(CultureInfo.InvariantCulture))}\n");

    private static string Text(ShellText text) => text.ToString();

    private static string Load(string name)
    {
        using StreamReader reader = new(typeof(RunnerText).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
