using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// A firewall change of this user and machine whose process was ended midway, by its journal and by what its servers say.
/// </summary>
public sealed class EarlierChange
{
    private readonly string _journal;

    private EarlierChange(string journal, JournalState state, IReadOnlyList<string> servers)
    {
        _journal = journal;
        Since = state.Since;
        Ids = [.. state.Parameters.Values];
        Servers = servers;
    }

    /// <summary>When it began, in UTC.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>What became of each of its servers, in words.</summary>
    public IReadOnlyList<string> Servers { get; }

    /// <summary>Its numbers on its servers.</summary>
    internal IReadOnlyList<string> Ids { get; }

    /// <summary>The newest change that never ended; <see langword="null"/> if there is none. Changes nothing.</summary>
    /// <param name="store">Where journals are kept.</param>
    /// <param name="session">The site's connections; a server that can't be reached is said to be so.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<EarlierChange?> FindAsync(OperationStore store, ISiteSession session, CancellationToken cancellationToken)
    {
        if (store.FindUnfinished(FirewallChange.Kind) is not { } found)
        {
            return null;
        }

        string[] servers = await Task.WhenAll(
            found.State.Parameters.Select(pair => TellAsync(session, found.State, pair.Key, pair.Value, cancellationToken)));
        return new EarlierChange(found.Path, found.State, servers);
    }

    /// <summary>Writes into its journal that it is ended, and how.</summary>
    public void Close()
    {
        using FileJournal journal = FileJournal.Open(_journal);
        journal.Append([
            new JournalRecord
            {
                Time = DateTimeOffset.UtcNow,
                Event = JournalEvent.End,
                Name = "end",
                Text = $"Abandoned: {string.Join("; ", Servers)}",
            },
        ]);
    }

    /// <summary>The change in one sentence.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"A firewall change of {Since:u} was ended midway: {string.Join("; ", Servers)}.");

    private static async Task<string> TellAsync(
        ISiteSession session, JournalState state, string name, string id, CancellationToken cancellationToken)
    {
        try
        {
            Server server = session.Site.Find(name)
                ?? throw new FoobarException("ServerNotFound", ErrorKind.NotFound, $"{name} is in the inventory no more");
            IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
            string said = SessionReadings.Succeeded(
                await connection.RunAsync(ChangeScripts.ToList(), cancellationToken), "the list of firewall changes").OutputText;
            return $"{name} {Tell(state, name, Leftover.Parse(said, name).FirstOrDefault(leftover => leftover.Id == id))}";
        }
        catch (FoobarException error)
        {
            return $"{name} can't be asked ({error.Message})";
        }
    }

    internal static string Tell(JournalState state, string server, Leftover? leftover) => leftover switch
    {
        { State: LeftoverState.Restored } => $"has put its old rules back ({leftover.Result})",
        { State: LeftoverState.Kept } => "keeps its new rules",
        { IsPending: true } => string.Create(CultureInfo.InvariantCulture, $"puts its old rules back by itself at {leftover.Deadline:u}"),
        _ when Reached(state, $"disarm {server}") => "keeps its new rules",
        _ when Reached(state, $"load {server}") => "holds nothing of it any more: it was restarted, and runs what its boot loads",
        _ => "was not changed",
    };

    private static bool Reached(JournalState state, string step) => state.Begun.Contains(step) || state.Done.Contains(step);
}
