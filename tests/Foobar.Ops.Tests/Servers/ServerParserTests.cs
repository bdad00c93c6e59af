using Foobar.Ops.Errors;
using Foobar.Ops.Servers;

namespace Foobar.Ops.Tests.Servers;

public sealed class ServerParserTests
{
    private const string Identity = """
        PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
        NAME="Debian GNU/Linux"
        VERSION_ID="12"
        ID=debian
        KERNEL=6.1.0-32-amd64
        MACHINE=x86_64
        VIRT=kvm
        CONTAINER=systemd-nspawn
        """;

    private const string Reboot = """
        required
        package linux-image-6.1.0-32-amd64
        package libc6
        running 6.1.0-9-amd64
        installed 6.1.0-9-amd64
        installed 6.1.0-32-amd64
        """;

    private const string Sshd = """
        port 22
        permitrootlogin without-password
        passwordauthentication no
        kbdinteractiveauthentication no
        permitemptypasswords no
        x11forwarding yes
        """;

    [Fact]
    public void The_operating_system_is_known_and_a_container_told()
    {
        SystemIdentity system = SystemIdentity.Parse(Identity);

        Assert.Equal(
            ("Debian GNU/Linux 12 (bookworm)", "debian", "12", "6.1.0-32-amd64"),
            (system.Name, system.Distribution, system.Version, system.Kernel));
        Assert.True(system.IsContainer);
        Assert.Equal("systemd-nspawn", system.Virtualization);
        Assert.False(SystemIdentity.Parse("KERNEL=5\nCONTAINER=none\nVIRT=kvm").IsContainer);
    }

    [Fact]
    public void The_newest_kernel_is_found_by_number_not_by_letters()
    {
        PendingReboot pending = PendingReboot.Parse(Reboot);

        Assert.True(pending.Required);
        Assert.Equal(["linux-image-6.1.0-32-amd64", "libc6"], pending.Packages);
        Assert.Equal("6.1.0-32-amd64", pending.NewestKernel);
        Assert.True(pending.KernelOutdated);
    }

    [Theory]
    [InlineData("running 6.1.0-32-amd64\ninstalled 6.1.0-9-amd64\ninstalled 6.1.0-32-amd64\n", false)]
    [InlineData("running 6.1.0-32-amd64\n", false)]
    [InlineData("running 6.1.0-9-amd64\ninstalled 6.1.0-10-amd64\n", true)]
    public void A_kernel_is_outdated_only_beside_a_newer_one(string text, bool outdated) =>
        Assert.Equal(outdated, PendingReboot.Parse(text).KernelOutdated);

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("2", false)]
    public void Only_code_1_of_needs_restarting_asks_for_a_restart(string code, bool required) =>
        Assert.Equal(required, PendingReboot.Parse($"running 5.14\nneeds-restarting {code}\n").Required);

    [Fact]
    public void The_clock_offset_is_measured_from_the_middle_of_the_question()
    {
        DateTimeOffset asked = DateTimeOffset.FromUnixTimeSeconds(1000);

        ClockOffset exact = ClockOffset.Measure(asked, "1003.250000000\n", TimeSpan.FromMilliseconds(500));
        ClockOffset coarse = ClockOffset.Measure(asked, "1003.%N\n", TimeSpan.FromMilliseconds(500));

        Assert.Equal(3.0, exact.Seconds, 6);
        Assert.Equal(0.251, exact.UncertaintySeconds, 6);
        Assert.Equal(3.25, coarse.Seconds, 6);
        Assert.Equal(0.75, coarse.UncertaintySeconds, 6);
    }

    [Fact]
    public void Sshd_settings_are_read_by_their_present_names()
    {
        SshdSettings sshd = SshdSettings.Parse(Sshd);

        Assert.Equal(("prohibit-password", false, true), (sshd.PermitRootLogin, sshd.TakesPasswords, sshd.X11Forwarding));
        Assert.Empty(sshd.Doubts);
        Assert.Throws<ParseException>(() => SshdSettings.Parse("port 22"));
    }

    [Theory]
    [InlineData("authenticationmethods publickey,password", false)]
    [InlineData("authenticationmethods publickey password", true)]
    [InlineData("authenticationmethods any", true)]
    public void A_password_that_needs_a_key_besides_does_not_open_the_server(string line, bool takesPasswords) =>
        Assert.Equal(takesPasswords, SshdSettings.Parse($"permitrootlogin no\npasswordauthentication yes\n{line}\n").TakesPasswords);

    [Theory]
    [InlineData("permitrootlogin no\nbrandnew yes\n", "brandnew")]
    [InlineData("permitrootlogin no\nMatch User deploy\n", "match")]
    [InlineData("permitrootlogin sometimes\n", "sometimes")]
    public void A_setting_that_is_not_understood_is_named(string lines, string named) =>
        Assert.Contains(
            named, Assert.Single(SshdSettings.Parse($"passwordauthentication no\n{lines}").Doubts), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void The_start_of_process_1_is_the_boot_time() =>
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_123), BootTime.Parse("12345 100 1700000000\n"));

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(SystemIdentity.Parse, Identity);
        ParserProperties.TakesOrRefusesAnyText(PendingReboot.Parse, Reboot);
        ParserProperties.TakesOrRefusesAnyText(SshdSettings.Parse, Sshd);
        ParserProperties.TakesOrRefusesAnyText(text => BootTime.Parse(text), "12345 100 1700000000");
        ParserProperties.TakesOrRefusesAnyText(EphemeralPorts.Parse, "32768\t60999");
        ParserProperties.TakesOrRefusesAnyText(ClockSync.Parse, "Timezone=Etc/UTC\nNTP=yes\nNTPSynchronized=no\n");
        ParserProperties.TakesOrRefusesAnyText(
            text => ClockOffset.Measure(DateTimeOffset.UnixEpoch, text, TimeSpan.FromSeconds(1)), "1700000000.123456789");
    }
}
