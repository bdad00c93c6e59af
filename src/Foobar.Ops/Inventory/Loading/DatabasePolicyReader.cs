namespace Foobar.Ops.Inventory.Loading;

/// <summary>Reads the policy for the database.</summary>
internal static class DatabasePolicyReader
{
    /// <summary>Reads the policy; what is wrong or missing is reported and stood in for.</summary>
    public static Parsed<DatabasePolicy?> Read(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the policy for the database");
        DatabasePolicy usual = new();
        DatabasePolicy policy = new()
        {
            Members = keys.Optional("members", usual.Members, Scalars.Word<Role>),
            Topology = keys.Optional("topology", usual.Topology, Scalars.Word<DatabaseTopology>),
            Writers = keys.Optional("writers", usual.Writers, Scalars.Whole(1, 9)),
            Port = keys.Optional("port", usual.Port, Forms.Port),
            Socket = keys.Optional("socket", null, Forms.OptionalServerPath),
            MaxLagSeconds = keys.Optional("maxLagSeconds", usual.MaxLagSeconds, Scalars.Number(0, 86400)),
            SemiSync = keys.Optional("semiSync", usual.SemiSync, Scalars.Flag),
            Preferred = keys.Optional("preferred", usual.Preferred, Lists.Of("names of members", 0, Scalars.Text)),
            NeverPromote = keys.Optional("neverPromote", usual.NeverPromote, Lists.Of("names of members", 0, Scalars.Text)),
            Automatic = keys.Optional("automatic", usual.Automatic, Automatic),
            WriteEndpoint = keys.Optional("writeEndpoint", null, WriteEndpoint),
            ReadEndpoint = keys.Optional("readEndpoint", null, ReadEndpoint),
        };
        keys.Finish();
        return policy;
    }

    private static Parsed<AutomaticFailover> Automatic(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the policy for automatic failovers");
        AutomaticFailover usual = new();
        AutomaticFailover automatic = new()
        {
            RequireSemiSync = keys.Optional("requireSemiSync", usual.RequireSemiSync, Scalars.Flag),
            MaxLossTransactions = keys.Optional("maxLossTransactions", (int)usual.MaxLossTransactions, Scalars.Whole(0, int.MaxValue)),
        };
        keys.Finish();
        return automatic;
    }

    private static Parsed<WriteEndpoint?> WriteEndpoint(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the write endpoint");
        WriteEndpoint endpoint = new()
        {
            Kind = keys.Required("kind", WriteEndpointKind.Haproxy, "haproxy or hook", Scalars.Word<WriteEndpointKind>),
            Server = keys.Required("server", string.Empty, "the name of the server it is on", Scalars.Text),
            Backend = keys.Optional("backend", null, Forms.OptionalBackend),
            Address = keys.Optional("address", null, Forms.Endpoint),
        };
        keys.Finish();
        return endpoint;
    }

    private static Parsed<ReadEndpoint?> ReadEndpoint(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "the read endpoint");
        ReadEndpoint endpoint = new()
        {
            Server = keys.Required("server", string.Empty, "the name of the server it is on", Scalars.Text),
            Backend = keys.Optional("backend", null, Forms.OptionalBackend),
            Address = keys.Optional("address", null, Forms.Endpoint),
        };
        keys.Finish();
        return endpoint;
    }
}
