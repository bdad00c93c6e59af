using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>What the next session removes of those before it, and what it leaves alone.</summary>
public sealed class PrivateDirectoryTests
{
    [Fact]
    public void What_a_killed_process_left_is_removed()
    {
        string left = Leave(EndedProcess());
        File.WriteAllText(Path.Combine(left, "lock"), "");

        using PrivateDirectory next = new();

        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public void A_directory_without_a_lock_of_a_process_that_has_ended_is_removed()
    {
        string left = Leave(EndedProcess());

        using PrivateDirectory next = new();

        Assert.False(Directory.Exists(left));
    }

    // Its process id means nothing here: it is another container's, which has the same directory for temporary files.
    [Fact]
    public void What_is_held_is_left_alone_whatever_its_process_id_says()
    {
        string others = Leave(EndedProcess());
        using (new FileStream(Path.Combine(others, "lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            using PrivateDirectory next = new();

            Assert.True(File.Exists(Path.Combine(others, "lock")));
        }

        using PrivateDirectory later = new();

        Assert.False(Directory.Exists(others));
    }

    [Fact]
    public void It_is_held_while_it_is_used_and_gone_afterwards()
    {
        PrivateDirectory directory = new();
        using (directory)
        {
            Assert.Throws<IOException>(
                () => new FileStream(Path.Combine(directory.FullPath, "lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None));
        }

        Assert.False(Directory.Exists(directory.FullPath));
    }

    private static string Leave(int process)
    {
        using PrivateDirectory place = new();
        string name = string.Create(CultureInfo.InvariantCulture, $"foobar-ops-{process}-{Guid.NewGuid().ToString("N")[..8]}");
        return Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(place.FullPath)!, name)).FullName;
    }

    private static int EndedProcess()
    {
        using Process process = Process.Start("true");
        process.WaitForExit();
        return process.Id;
    }
}
