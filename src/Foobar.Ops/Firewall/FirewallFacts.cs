using System.Text.Json.Serialization;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Firewall;

/// <summary>What was read of a server's firewalls and of what they stand in front of.</summary>
public sealed record FirewallFacts
{
    private static readonly Reading<HostNetwork> NoNetwork = Reading.Unreadable<HostNetwork>("It was not read.");

    private static readonly Reading<IReadOnlyList<ReversePathSetting>> NoReversePath =
        Reading.Unreadable<IReadOnlyList<ReversePathSetting>>("It was not read.");

    // With the text it was made of: "with" copies fields, and a copy may have another text.
    private Tuple<Reading<RulesetText>, Reading<Ruleset>>? _ruleset;

    /// <summary>What the kernel filters with.</summary>
    public required Reading<RulesetText> Running { get; init; }

    /// <summary>What the next boot would load.</summary>
    public required Reading<PersistedFirewall> Persisted { get; init; }

    /// <summary>The server's addresses and routes.</summary>
    public Reading<HostNetwork> Network { get; init; } = NoNetwork;

    /// <summary>The sockets on which the server takes connections and datagrams.</summary>
    public required Reading<IReadOnlyList<ListeningSocket>> Sockets { get; init; }

    /// <summary>Whether the kernel forwards packets between interfaces.</summary>
    public required Reading<ForwardingSettings> Forwarding { get; init; }

    /// <summary>Whether the kernel drops what comes by another interface than the way back leads through.</summary>
    public Reading<IReadOnlyList<ReversePathSetting>> ReversePath { get; init; } = NoReversePath;

    /// <summary>The running ruleset, parsed.</summary>
    [JsonIgnore]
    public Reading<Ruleset> Ruleset
    {
        get
        {
            // Who else asks meanwhile gets the same one: models are kept by it.
            lock (Running)
            {
                if (_ruleset is not { } known || !ReferenceEquals(known.Item1, Running))
                {
                    known = Tuple.Create(Running, Parse(Running));
                    _ruleset = known;
                }

                return known.Item2;
            }
        }
    }

    /// <summary>The same facts, with the running ruleset parsed already.</summary>
    /// <param name="ruleset">What <see cref="Running"/> says.</param>
    internal FirewallFacts WithRuleset(Reading<Ruleset> ruleset)
    {
        _ruleset = Tuple.Create(Running, ruleset);
        return this;
    }

    /// <summary>The running ruleset of a text.</summary>
    internal static Reading<Ruleset> Parse(Reading<RulesetText> running) => Parsed(running, static text => text.Parse());

    /// <summary>From the text that was read to what it says; text that is not understood is a reading without a value.</summary>
    internal static Reading<TResult> Parsed<TText, TResult>(Reading<TText> text, Func<TText, TResult> parse)
    {
        if (!text.TryGet(out TText? value))
        {
            return Reading.Unreadable<TResult>(text.Failure ?? "It was not read.", text.Source);
        }

        try
        {
            return Reading.Of(parse(value), text.Source);
        }
        catch (Errors.FoobarException error)
        {
            return Reading.Unreadable<TResult>(error.Message, text.Source);
        }
    }
}

/// <summary>Whether the kernel forwards packets between interfaces.</summary>
/// <param name="Ipv4"><c>net.ipv4.ip_forward</c>.</param>
/// <param name="Ipv6"><c>net.ipv6.conf.all.forwarding</c>.</param>
public sealed record ForwardingSettings(bool Ipv4, bool Ipv6);

/// <summary>What the next boot would load.</summary>
public sealed record PersistedFirewall
{
    /// <summary>
    /// The services that load it: <c>nftables</c>, <c>netfilter-persistent</c>, <c>ufw</c>, <c>firewalld</c>; empty if none is enabled.
    /// </summary>
    public IReadOnlyList<string> Mechanisms { get; init; } = [];

    /// <summary>The ruleset they load, as listed from a network namespace of its own.</summary>
    public RulesetText Ruleset { get; init; } = new();

    /// <summary>
    /// Whether the rules of nftables among it were told only to read as the running ones do: <c>nft -s list ruleset</c> gives the same
    /// text.
    /// </summary>
    internal bool ReadsAsRunning { get; init; }

    /// <summary>What of it could not be loaded: <c>nftables</c>, <c>rules.v4</c>, <c>ufw</c>; the next boot would go without.</summary>
    public IReadOnlyList<string> LoadFailures { get; init; } = [];

    /// <summary>What the tools said when a load failed.</summary>
    public string LoadErrors { get; init; } = string.Empty;

    /// <summary>firewalld's zones as they run now; empty without firewalld.</summary>
    public string FirewalldRunning { get; init; } = string.Empty;

    /// <summary>firewalld's zones as the next start would have them.</summary>
    public string FirewalldPermanent { get; init; } = string.Empty;

    /// <summary>firewalld's default zone, to which interfaces belong that are bound to none.</summary>
    public string FirewalldDefaultZone { get; init; } = string.Empty;

    /// <summary>firewalld's policies between zones as they run now; empty before firewalld 0.9.</summary>
    public string FirewalldPoliciesRunning { get; init; } = string.Empty;

    /// <summary>firewalld's policies as the next start would have them.</summary>
    public string FirewalldPoliciesPermanent { get; init; } = string.Empty;

    /// <summary>firewalld's direct chains, rules and passthroughs as they run now.</summary>
    public string FirewalldDirectRunning { get; init; } = string.Empty;

    /// <summary>firewalld's direct configuration as the next start would have it.</summary>
    public string FirewalldDirectPermanent { get; init; } = string.Empty;
}
