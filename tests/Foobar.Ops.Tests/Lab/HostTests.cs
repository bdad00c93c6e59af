using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Images;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Tests.Lab;

public sealed class HostTests
{
    [Fact]
    public void The_mirror_is_the_one_that_serves_the_release_itself()
    {
        const string Targets = """
            http://packages.example.org/apt stable contrib
            http://security.example.org/debian-security bookworm-security main
            http://mirror.example.org/debian/ bookworm main
            http://mirror.example.org/debian/ bookworm-updates main
            """;

        Assert.Equal("http://mirror.example.org/debian", DebianMirror.Pick(Targets, "bookworm"));
        Assert.Null(DebianMirror.Pick(Targets, "trixie"));
    }

    [Fact]
    public void Mounts_are_read_with_their_escapes_and_optional_fields()
    {
        MountEntry[] mounts = [.. MountTable.Parse(
        [
            @"36 35 98:0 /mnt1 /a\040b rw,noatime master:1 shared:7 - ext4 /dev/loop0 rw,errors=continue",
            "37 35 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd",
            "broken line",
        ])];

        Assert.Equal(
            [
                new MountEntry("/a b", "ext4", "/dev/loop0", "rw,errors=continue"),
                new MountEntry("/sys/fs/cgroup/systemd", "cgroup", "cgroup", "rw,name=systemd"),
            ],
            mounts);
    }

    [Fact]
    public void Another_recipe_makes_another_image()
    {
        ImageFlavour flavour = ImageFlavour.Of(new LabOptions { Database = DatabaseFlavour.MariaDb });

        Assert.Equal(flavour.ImageName, ImageFlavour.Of(new LabOptions { Database = DatabaseFlavour.MariaDb }).ImageName);
        Assert.NotEqual(flavour.ImageName, (flavour with { Suite = "trixie" }).ImageName);
        Assert.NotEqual(flavour.ImageName, (flavour with { Packages = [.. flavour.Packages, "nmap"] }).ImageName);
        Assert.StartsWith("mariadb-", flavour.ImageName, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tree_with_a_mount_in_it_is_not_deleted()
    {
        LabException error = Assert.Throws<LabException>(() => MountTable.DeleteTree("/proc"));

        Assert.Contains("still mounted", error.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists("/proc/self"));
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_killed_at_its_limit()
    {
        LabException error = await Assert.ThrowsAsync<LabException>(
            () => Tool.RunAsync("sleep", ["60"], limit: TimeSpan.FromMilliseconds(200)));

        Assert.Contains("sleep 60: not finished", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_program_says_what_it_said()
    {
        LabException error = await Assert.ThrowsAsync<LabException>(() => Tool.RunAsync("sh", ["-c", "echo reason >&2; exit 3"]));

        Assert.Contains("exit code 3: reason", error.Message, StringComparison.Ordinal);
    }
}
