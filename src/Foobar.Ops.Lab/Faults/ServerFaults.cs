using Foobar.Ops.Findings;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the servers themselves: units, sockets, disks, logins.</summary>
internal static class ServerFaults
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row("app-stopped", "SRV-001", "The application on web-02 is stopped", "web-02",
            "systemctl stop foobar-app", "systemctl start foobar-app") with
            { AlsoSeenBy = ["LB-002"] },
        Row("nginx-stopped", "SRV-001", "nginx on web-02 is stopped", "web-02",
            "systemctl stop nginx", "systemctl start nginx") with
            { AlsoSeenBy = ["SRV-004", "LB-002", "TLS-043", "TLS-045", .. Fault.OfSilentEndpoint] },
        Row("nginx-not-at-boot", "SRV-014", "nginx on web-01 runs, but is not enabled: it would not come back after a restart", "web-01",
            "systemctl disable --quiet nginx", "systemctl enable --quiet nginx"),
        Row("unit-failed", "SRV-002", "A unit on lb-01 has failed: the log shipping job", "lb-01",
            "systemd-run --quiet --unit=log-shipping --property=Type=oneshot false; test \"$(systemctl is-failed log-shipping)\" = failed",
            "systemctl reset-failed log-shipping 2>/dev/null || true"),
        Row("stray-listener", "SRV-003", "A forgotten debugging server on web-01 listens on all addresses, port 8000", "web-01",
            "systemd-run --quiet --unit=debug-server python3 -m http.server --directory /usr/share/nginx 8000",
            "systemctl stop debug-server 2>/dev/null || true") with
            { ShowsOn = "web-01", ShowsWhen = "ss -Hltn 'sport = :8000' | grep -q ." },
        new FileFault(
            "app-on-all-addresses", Area.Server, "SRV-003",
            "The application on web-02 listens on all addresses instead of loopback",
            ["web-02"],
            "/usr/local/lib/foobar-app/app.py",
            "sed -i 's/^Server((\"127.0.0.1\"/Server((\"0.0.0.0\"/' \"$file\"",
            "systemctl restart foobar-app")
            { ShowsOn = "web-02", ShowsWhen = "ss -Hltn 'sport = :8080' | grep -q .", AlsoSeenBy = ["TOP-011"] },
        new FileFault(
            "time-not-served", Area.Server, "SRV-004",
            "The time service on fw-01 answers nobody, though a declared flow leads to it",
            ["fw-01"],
            "/etc/chrony/chrony.conf", "sed -i '/^allow/d; s/^bindaddress.*/port 0/' \"$file\"", "systemctl restart chrony"),
        Row("disk-full", "SRV-005", "The disk of lb-01 is 97 % full", "lb-01",
            "fallocate -l $(( $(df --output=avail -B1 / | tail -1) - $(df --output=size -B1 / | tail -1) * 3 / 100 )) /var/core.dump",
            "rm -f /var/core.dump"),
        Row("inodes-used-up", "SRV-006", "The disk of lb-01 has space, but 97 % of its inodes are used", "lb-01",
            "mkdir -p /var/spool/lost && cd /var/spool/lost && seq $(( $(df --output=iavail / | tail -1) - $(df --output=itotal / | tail "
                + "-1) * 3 / 100 )) | xargs touch",
            "rm -rf /var/spool/lost"),
        Row("read-only-disk", "SRV-007", "The file system for backups on fw-01 became read-only", "fw-01",
            "mkdir -p /srv/backup && mount --bind /srv/backup /srv/backup && mount -o remount,bind,ro /srv/backup",
            "umount /srv/backup 2>/dev/null; rmdir /srv/backup"),
        Row("restart-pending", "SRV-011", "An update on fw-01 waits for a restart", "fw-01",
            "echo linux-image-amd64 > /run/reboot-required.pkgs && touch /run/reboot-required",
            "rm -f /run/reboot-required /run/reboot-required.pkgs"),
        Row("root-password-login", "SRV-012", "sshd on fw-01 lets root in with a password", "fw-01",
            "printf 'PermitRootLogin yes\\nAllowUsers root\\nPasswordAuthentication yes\\nAuthenticationMethods any\\n' > "
                + $"/etc/ssh/sshd_config.d/00-fault.conf && {ServiceReload.Sshd}",
            $"rm -f /etc/ssh/sshd_config.d/00-fault.conf && {ServiceReload.Sshd}") with
            { Thing = "sshd", AlsoSeenBy = ["SRV-013"] },
        Row("password-login", "SRV-013", "sshd on lb-01 takes passwords", "lb-01",
            "printf 'PasswordAuthentication yes\\nAuthenticationMethods any\\n' > /etc/ssh/sshd_config.d/00-fault.conf && "
                + $"{ServiceReload.Sshd}",
            $"rm -f /etc/ssh/sshd_config.d/00-fault.conf && {ServiceReload.Sshd}") with
            { Thing = "sshd" },
    ];

    private static ShellFault Row(
        string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Server, control, description, server, commandToBreak, commandToHeal);
}
