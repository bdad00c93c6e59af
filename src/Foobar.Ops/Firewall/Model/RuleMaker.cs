namespace Foobar.Ops.Firewall.Model;

/// <summary>Tells by the names a rule uses which program made it.</summary>
internal static class RuleMaker
{
    /// <summary>The program, or <see langword="null"/>.</summary>
    public static string? Of(string table, string chain, string? comment) =>
        chain.StartsWith("ufw-", StringComparison.Ordinal) || chain.StartsWith("ufw6-", StringComparison.Ordinal) ? "ufw"
        : table.StartsWith("firewalld", StringComparison.Ordinal) ? "firewalld"
        : table.StartsWith("f2b-", StringComparison.Ordinal) || chain.StartsWith("f2b-", StringComparison.Ordinal) ? "fail2ban"
        : chain.StartsWith("DOCKER", StringComparison.Ordinal) || table.StartsWith("docker", StringComparison.Ordinal) ? "docker"
        : comment?.StartsWith("Foobar.Ops", StringComparison.Ordinal) == true ? "Foobar.Ops"
        : null;
}
