using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>
/// Fresh connections to a database from one server, for a while. A server from which even a database known to live can't
/// be heard is blind: what it doesn't hear there says nothing.
/// </summary>
/// <param name="from">The server the connections come from.</param>
/// <param name="port">The databases' port.</param>
internal sealed class GreetingProbe(IServerSession from, int port)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ControlLimit = TimeSpan.FromSeconds(2);

    /// <summary>Looks at a primary until it answers or there was time enough.</summary>
    /// <param name="observer">What kind of observer the server is.</param>
    /// <param name="addresses">The primary's addresses; one that answers is enough.</param>
    /// <param name="known">The addresses of a database that lives, to see that this server can look at all.</param>
    /// <param name="enough">Ends when there was time enough.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ObserverReport> LookAsync(
        Observer observer, IReadOnlyList<string> addresses, IReadOnlyList<string> known, Task enough, CancellationToken cancellationToken)
    {
        long started = from.Time.GetTimestamp();
        Task<(ProbeOutcome ProbeOutcome, string Evidence)> control = OnceAsync(known, ControlLimit, cancellationToken);
        (ProbeOutcome outcome, string evidence) = await UntilAsync(addresses, enough, cancellationToken);
        if (outcome is ProbeOutcome.Refused or ProbeOutcome.Silent && (await control).ProbeOutcome != ProbeOutcome.Answers)
        {
            (outcome, evidence) = (ProbeOutcome.Blind, $"it hears no database at all, not even a living one ({(await control).Evidence})");
        }

        return new()
        {
            Observer = observer,
            Server = from.Server.Name,
            ProbeOutcome = outcome,
            Evidence = evidence,
            Duration = from.Time.GetElapsedTime(started),
        };
    }

    private async Task<(ProbeOutcome ProbeOutcome, string Evidence)> UntilAsync(
        IReadOnlyList<string> addresses, Task enough, CancellationToken cancellationToken)
    {
        long started = from.Time.GetTimestamp();
        (ProbeOutcome ProbeOutcome, string Evidence)? last = null;
        for (int attempt = 1; ; attempt++)
        {
            Task<(ProbeOutcome ProbeOutcome, string Evidence)> once = OnceAsync(addresses, AttemptLimit, cancellationToken);
            if (await Task.WhenAny(once, EnoughAsync()) != once && !once.IsCompleted)
            {
                string none = Invariant($"{addresses[0]}:{port} sent no greeting");
                return ((last?.ProbeOutcome ?? ProbeOutcome.Silent), Tried(last?.Evidence ?? none, attempt));
            }

            last = await once;
            if (last.Value.ProbeOutcome is ProbeOutcome.Answers or ProbeOutcome.Blind || enough.IsCompleted)
            {
                return (last.Value.ProbeOutcome, Tried(last.Value.Evidence, attempt));
            }

            await Task.WhenAny(EnoughAsync(), from.Time.PauseAsync(Pause, cancellationToken));
        }

        // A task that is combined with others more than once ends for all but one of them in the thread pool.
        async Task EnoughAsync() => await enough;

        string Tried(string evidence, int attempts) =>
            Invariant($"{evidence} ({attempts} tries in {from.Time.GetElapsedTime(started).TotalSeconds:0.0} s)");
    }

    private async Task<(ProbeOutcome ProbeOutcome, string Evidence)> OnceAsync(
        IReadOnlyList<string> addresses, TimeSpan limit, CancellationToken cancellationToken)
    {
        List<Task<(ProbeOutcome ProbeOutcome, string Evidence)>> tries =
        [
            .. addresses.Select(address => GreetAsync(address, limit, cancellationToken)),
        ];
        List<(ProbeOutcome ProbeOutcome, string Evidence)> seen = [];
        while (tries.Count > 0)
        {
            Task<(ProbeOutcome ProbeOutcome, string Evidence)> one = await Task.WhenAny(tries).WaitAsync(cancellationToken);
            tries.Remove(one);
            seen.Add(await one);
            if (seen[^1].ProbeOutcome == ProbeOutcome.Answers)
            {
                return seen[^1];
            }
        }

        ProbeOutcome[] worst = [ProbeOutcome.Refused, ProbeOutcome.Silent, ProbeOutcome.Blind];
        return seen.OrderBy(one => Array.IndexOf(worst, one.ProbeOutcome)).FirstOrDefault((ProbeOutcome.Blind, "it has no address"));
    }

    private async Task<(ProbeOutcome ProbeOutcome, string Evidence)> GreetAsync(
        string address, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            ServerGreeting greeting = await DatabaseGreeting.ReadAsync(from, address, port, limit, cancellationToken);
            return (ProbeOutcome.Answers, $"{new RemoteEndpoint.Tcp(address, port)} greeted as {greeting.Version}");
        }
        catch (ParseException other)
        {
            return (ProbeOutcome.Answers, other.Problem);
        }
        catch (FoobarException error)
        {
            return Seen($"{new RemoteEndpoint.Tcp(address, port)}", limit, error);
        }
    }

    private static (ProbeOutcome ProbeOutcome, string Evidence) Seen(string place, TimeSpan limit, FoobarException error) =>
        (error.ErrorId, error.Kind, error.InnerException) switch
        {
            ("NoGreeting", ErrorKind.Timeout, _) =>
                (ProbeOutcome.Silent, Invariant($"{place} sent no greeting within {limit.TotalSeconds:0.0} s")),
            ("NoGreeting", _, IOException) => (ProbeOutcome.Refused, $"{place} took no connection"),

            // A server that says why it refuses lives.
            ("NoGreeting", _, _) =>
                (
                    ProbeOutcome.Answers,
                    $"{place} runs and lets nobody in from here: "
                        + $"{error.Message[(error.Message.IndexOf(": ", error.Message.IndexOf(": ", StringComparison.Ordinal) + 2, StringComparison.Ordinal) + 2)..]}"),
            _ => (ProbeOutcome.Blind, error.Message),
        };
}
