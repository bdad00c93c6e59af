using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Reads the policy.</summary>
internal sealed class PolicyReader(Problems problems, string directory)
{
    private static readonly string[] TlsProfiles = ["modern", "intermediate", "old"];
    private static readonly string[] TlsEnds =
    [
        InventoryWord.Of(Role.LoadBalancer), InventoryWord.Of(Role.Web), InventoryWord.Of(Role.App),
    ];

    private readonly MonitoringPolicyReader _monitoring = new(problems, directory);

    /// <summary>Reads the policy; what is wrong or missing is reported and stood in for.</summary>
    public Parsed<Policy> Read(SourceValue value, Problems found)
    {
        ObjectReader keys = new(value, found, "the policy");
        Policy policy = new()
        {
            Flows = keys.Optional("flows", [], Lists.Of("flows", 0, Flow)),
            Suppressions = keys.Optional("suppressions", [], Lists.Of("suppressions", 0, Suppression)),
            Servers = keys.Optional("servers", new ServerPolicy(), Servers),
            Tls = keys.Optional("tls", new TlsPolicy(), Tls),
            Database = keys.Optional("database", null, DatabasePolicyReader.Read),
            LoadBalancing = keys.Optional("loadBalancing", new LoadBalancingPolicy(), LoadBalancing),
            Monitoring = keys.Optional("monitoring", new MonitoringPolicy(), _monitoring.Read),
            Topology = keys.Optional("topology", new TopologyPolicy(), Topology),
        };
        keys.Finish();
        return policy;
    }

    private static Parsed<Flow> Flow(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "a flow");
        Read<IReadOnlyList<string>> ends = Lists.OneOrMany("ends of flows", Scalars.Text);
        const string End = "a role, a server, a network, an address, a CIDR, 'internet' or '*', or a list of these";
        Flow flow = new()
        {
            Name = keys.Required("name", string.Empty, "a name that no other flow has", Forms.Name),
            Description = keys.Optional("description", null, Scalars.OptionalText),
            From = keys.Required("from", [], End, ends),
            To = keys.Required("to", [], End, ends),
            Ports = keys.Required("ports", [], "a list of ports such as tcp/443", Lists.OneOrMany("ports", Forms.Ports)),
        };
        keys.Finish();
        return flow;
    }

    private static Parsed<Suppression> Suppression(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "a suppression");
        Suppression suppression = new()
        {
            Control = keys.Required("control", "*", "the id of a control, or a pattern with * such as TLS-*", Forms.ControlPattern),
            Server = keys.Optional("server", null, Scalars.OptionalText),
            Target = keys.Optional("target", null, Scalars.OptionalText),
            AcceptsUnknown = keys.Optional("unknown", false, Scalars.Flag),
            Reason = keys.Required("reason", string.Empty, "why these findings are accepted", Scalars.Text),
            Until = keys.Required("until", DateOnly.MaxValue, "the last day on which they are, such as 2027-01-31", Forms.Date),
        };
        keys.Finish();
        return suppression;
    }

    private static Parsed<ServerPolicy> Servers(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the policy for the servers themselves");
        ServerPolicy usual = new();
        Read<double> percent = Scalars.Number(0, 100);
        ServerPolicy policy = new()
        {
            Units = keys.Optional("units", usual.Units, Units),
            DiskWarnPercent = keys.Optional("diskWarnPercent", usual.DiskWarnPercent, percent),
            DiskFailPercent = keys.Optional("diskFailPercent", usual.DiskFailPercent, percent),
            MemoryAvailableFailPercent = keys.Optional("memoryAvailableFailPercent", usual.MemoryAvailableFailPercent, percent),
            MaxClockOffsetSeconds = keys.Optional("maxClockOffsetSeconds", usual.MaxClockOffsetSeconds, Scalars.Number(0.001, 3600)),
        };
        keys.Finish();
        return policy;
    }

    private static Parsed<IReadOnlyDictionary<Role, IReadOnlyList<string>>> Units(SourceValue value, Problems problems)
    {
        if (!Lists.ByName("roles", Lists.Of("systemd units", 0, Forms.Unit))(value, problems).TryGet(out var named))
        {
            return default;
        }

        Dictionary<Role, IReadOnlyList<string>> units = [];
        foreach ((SourceMember member, IReadOnlyList<string> list) in named)
        {
            SourceValue key = new(JsonValueKind.String, member.Name, member.Position, member.Value.Path);
            if (Scalars.Word<Role>(key, problems).TryGet(out Role role))
            {
                units[role] = list;
            }
        }

        return Parsed.Of<IReadOnlyDictionary<Role, IReadOnlyList<string>>>(units);
    }

    private static Parsed<Role> TlsEnd(SourceValue value, Problems problems) =>
        Scalars.OneOf(TlsEnds)(value, problems).TryGet(out string word) && InventoryWord.TryParse(word, out Role role)
            ? role
            : default(Parsed<Role>);

    private Parsed<TlsPolicy> Tls(SourceValue value, Problems found)
    {
        ObjectReader keys = new(value, problems, "the policy for TLS");
        TlsPolicy usual = new();
        TlsPolicy policy = new()
        {
            EndsAt = keys.Optional("endsAt", usual.EndsAt, TlsEnd),
            Backends = keys.Optional("backends", usual.Backends, Scalars.Word<BackendEncryption>),
            Database = keys.Optional("database", usual.Database, Scalars.Word<BackendEncryption>),
            ApplicationVerifies = keys.Optional("applicationVerifies", usual.ApplicationVerifies, Scalars.Flag),
            Profile = keys.Optional("profile", usual.Profile, Scalars.OneOf(TlsProfiles)),
            WarnDays = keys.Optional("warnDays", usual.WarnDays, Scalars.Whole(0, 3650)),
            FailDays = keys.Optional("failDays", usual.FailDays, Scalars.Whole(0, 3650)),
            Port = keys.Optional("port", usual.Port, Forms.Port),
            Names = keys.Optional("names", usual.Names, Lists.Of("host names", 0, Forms.HostName)),
            Issuers = keys.Optional("issuers", usual.Issuers, Lists.Of("host names", 0, Forms.HostName)),
            TrustedAuthorities = keys.Optional("trustedAuthorities", null, Paths.Local(directory)),
        };
        keys.Finish();
        return policy;
    }

    private static Parsed<LoadBalancingPolicy> LoadBalancing(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the policy for load balancing");
        LoadBalancingPolicy usual = new();
        LoadBalancingPolicy policy = new()
        {
            AdminSocket = keys.Optional("adminSocket", usual.AdminSocket, Forms.ServerPath),
            WebBackend = keys.Optional("webBackend", usual.WebBackend, Forms.Backend),
            VirtualAddresses = keys.Optional("virtualAddresses", usual.VirtualAddresses, Lists.Of("addresses", 0, Addresses.Address)),
        };
        keys.Finish();
        return policy;
    }

    private static Parsed<TopologyPolicy> Topology(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the policy for the setup as a whole");
        TopologyPolicy usual = new();
        TopologyPolicy policy = new()
        {
            FailoverDrillDays = keys.Optional("failoverDrillDays", usual.FailoverDrillDays, Scalars.Whole(1, 3650)),
            MaxStalledPercent = keys.Optional("maxStalledPercent", usual.MaxStalledPercent, Scalars.Number(0, 100)),
            AppFiles = keys.Optional("appFiles", usual.AppFiles, Lists.Of("directories", 0, Forms.ServerPath)),
            AppFilesExcept = keys.Optional(
                "appFilesExcept", usual.AppFilesExcept, Lists.Of("paths or names, with wildcards", 0, Scalars.Text)),
        };
        keys.Finish();
        return policy;
    }
}
