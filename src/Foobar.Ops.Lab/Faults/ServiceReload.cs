namespace Foobar.Ops.Lab.Faults;

/// <summary>
/// Shell commands that let a service read its configuration again and return when it serves the new one: a reload of
/// HAProxy or nginx only starts new workers, and the old ones answer until these are ready and theirs are the listening
/// sockets no more.
/// </summary>
internal static class ServiceReload
{
    /// <summary>Reloads HAProxy, if its configuration is valid.</summary>
    public static string Haproxy { get; } = "haproxy -c -q -f /etc/haproxy/haproxy.cfg && " + Reload("haproxy");

    /// <summary>Reloads nginx, if its configuration is valid.</summary>
    public static string Nginx { get; } = "nginx -t -q && " + Reload("nginx");

    /// <summary>Reloads sshd, if its configuration is valid.</summary>
    public const string Sshd = "sshd -t && systemctl reload ssh";

    private static string Reload(string unit) =>
        $"old=$(pgrep --parent $(systemctl show --property=MainPID --value {unit})) && systemctl reload {unit} && "
        + "for i in $(seq 200); do busy=; for p in $old; do if ss -Hltnp | grep -q \"pid=$p,\"; then busy=1; fi; done; [ -z \"$busy\" ] && "
        + "break; sleep 0.05; done && [ -z \"$busy\" ]";
}
