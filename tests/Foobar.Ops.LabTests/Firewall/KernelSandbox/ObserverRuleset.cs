namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>
/// The rules that show what the kernel did: the last chain of input logs what is delivered, the first chain of output logs
/// resets and ICMP errors before a chain under test can drop them. Neither gives a verdict.
/// </summary>
internal static class ObserverRuleset
{
    public const string Table = "foobar_observer";
    public const string InputPrefix = "in";
    public const string OutputPrefix = "out";

    /// <summary>Ends the time in which connections are opened.</summary>
    public const string EndOpening = "delete table inet foobar_opening\n";

    /// <summary>The observer alone, and a chain before connection tracking that holds back what the server's stack answers.</summary>
    public const string WithOpening = """
        flush ruleset
        table inet foobar_observer {
            chain input {
                type filter hook input priority 2147483647
                ct state new counter
                log prefix "in" group 7
            }
            chain output {
                type filter hook output priority -2147483648
                log prefix "out" group 7
            }
        }
        table inet foobar_opening {
            chain output {
                type filter hook output priority -400
                tcp flags & rst == rst drop
                icmp type destination-unreachable drop
                icmpv6 type destination-unreachable drop
            }
        }
        """;
}
