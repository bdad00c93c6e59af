using System.Collections.Concurrent;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Remoting;

/// <summary>
/// A password, given any way, is found in no process's arguments or environment (here or on the servers, whose processes
/// this machine sees), no file, no error and no record of what was done.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class SecretTests(LabFixture labs)
{
    private readonly ConcurrentBag<string> _found = [];

    [Fact]
    public async Task No_password_is_seen_anywhere()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        string[] passwords = [.. Enumerable.Range(0, 4).Select(_ => "Pw" + Guid.NewGuid().ToString("N"))];
        await PrepareAsync(lab, passwords);
        using CancellationTokenSource done = new();
        Task watching = Task.Run(() => Watch(passwords, done.Token));
        try
        {
            RecordingLog log = new();
            List<string> texts = [];
            await UseAsync(lab, passwords[0], passwords[1], log, texts);
            await UseAsync(lab, passwords[2], passwords[3], log, texts);
            texts.AddRange(log.Activities.Select(activity => activity.ToString()));
            texts.Add(await lab.RunAsync("web-02", "journalctl --no-pager; cat /var/log/auth.log /var/log/mysql/* 2>/dev/null || true"));
            texts.Add(await lab.RunAsync("web-02", "grep -rl Pw /dev/shm /tmp /run/user 2>/dev/null | xargs -r cat || true"));
            Assert.Contains(texts, text => text.StartsWith("0\n", StringComparison.Ordinal));
            Assert.Contains(log.Activities, activity => activity.Kind == ActivityKind.Statement);
            Assert.All(passwords, password => Assert.All(texts, text => Assert.DoesNotContain(password, text, StringComparison.Ordinal)));
        }
        finally
        {
            await done.CancelAsync();
            await watching;
            await lab.RunAsync(
                "web-02",
                "rm -f /etc/sudoers.d/asks; mv /root/kept/* /etc/sudoers.d/; rmdir /root/kept; passwd -l operator >/dev/null; mariadb -e "
                    + "\"SET sql_log_bin=0; DROP USER 'probe'@'localhost'\"");
        }

        Assert.Empty(_found.Distinct());
    }

    [Fact]
    public void The_watch_would_see_a_password_in_arguments_or_environment()
    {
        string password = "Pw" + Guid.NewGuid().ToString("N");
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "sleep", ["5"]) { Environment = { ["X"] = password } })!;
        Scan([password]);
        process.Kill();
        Assert.Single(_found.Distinct());
    }

    private static async Task PrepareAsync(RaisedLab lab, string[] passwords)
    {
        await lab.RunAsync(
            "web-02",
            "chpasswd; mkdir -p /root/kept; mv /etc/sudoers.d/* /root/kept/; echo 'operator ALL=(ALL) ALL' >/etc/sudoers.d/asks; chmod 440 "
                + "/etc/sudoers.d/asks",
            $"operator:{passwords[0]}\n");
        await lab.RunAsync(
            "web-02", "mariadb", $"SET sql_log_bin=0; CREATE OR REPLACE USER 'probe'@'localhost' IDENTIFIED BY '{passwords[1]}';");
    }

    /// <summary>Uses a sudo and a database password, right or wrong, in every way there is; collects what errors say.</summary>
    private static async Task UseAsync(RaisedLab lab, string sudo, string database, RecordingLog log, List<string> texts)
    {
        using Secret sudoSecret = new(sudo);
        using Secret databaseSecret = new(database);
        texts.Add(sudoSecret.ToString());
        await using SiteSession site = new(
            InventoryLoader.Load(lab.Inventory),
            new SessionOptions { SudoPassword = sudoSecret, Database = new DatabaseLogin("probe", databaseSecret), Log = log });
        texts.Add(site.ToString()!);
        IServerSession session = await site.GetServerAsync("web-02");
        try
        {
            CommandResult result = await session.RunAsync(
                RemoteCommand.FromScript("id -u; set; env; ps -efww; cat /proc/*/environ 2>/dev/null; sleep 0.5") with
                {
                    Privileged = true,
                    Input = Encoding.UTF8.GetBytes("nothing"),
                });
            texts.Add(result.OutputText + result.ErrorText + result.Command);
        }
        catch (FoobarException error)
        {
            texts.Add(error.ToString());
        }

        try
        {
            await using IDatabaseSession opened = await site.OpenDatabaseAsync("web-02");
            await opened.QueryAsync("SELECT SLEEP(0.3), @given", new Dictionary<string, object?> { ["given"] = database });
            await opened.QueryAsync("SELECT nonsense FROM nowhere");
        }
        catch (FoobarException error)
        {
            texts.Add(error.ToString());
        }
    }

    private void Watch(string[] passwords, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Scan(passwords);
        }
    }

    private void Scan(string[] passwords)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0])))
        {
            foreach (string file in new[] { "cmdline", "environ" })
            {
                try
                {
                    string text = File.ReadAllText(Path.Combine(process, file));
                    foreach (string password in passwords.Where(password => text.Contains(password, StringComparison.Ordinal)))
                    {
                        _found.Add($"{file}: {text.Replace(password, "(the password)", StringComparison.Ordinal)}");
                    }
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // It has just ended.
                }
            }
        }
    }

    private sealed class RecordingLog : IActivityLog
    {
        public ConcurrentQueue<Activity> Activities { get; } = [];

        public void Record(Activity activity) => Activities.Enqueue(activity);
    }
}
