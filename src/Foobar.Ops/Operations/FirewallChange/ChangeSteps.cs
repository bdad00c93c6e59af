using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// The steps of a firewall change. From the first on, each server's rules come back by themselves at its deadline unless
/// the last step of that server is done; so a kill between any two steps leaves nobody shut out.
/// </summary>
internal sealed class ChangeSteps(ISiteSession session, ChangeProbes probes, IReadOnlyList<Server> reachable, FirewallChangeOptions options)
{
    private static readonly TimeSpan Handshake = TimeSpan.FromSeconds(20);

    /// <summary>
    /// All steps for all targets: server after server up to what the next boot loads, and only then the disarming of all.
    /// </summary>
    public IEnumerable<Step> For(IReadOnlyList<ChangeTarget> targets)
    {
        foreach (ChangeTarget target in targets)
        {
            if (target.Leftovers.Count > 0)
            {
                yield return Settle(target);
            }

            yield return Arm(target);
            yield return Run(
                target, "load",
                $"Load {(target.Back is null ? "the new rules" : "the rules of before")} in one transaction",
                ChangeScripts.ToLoad(target));
            yield return Confirm(target);
            yield return Run(target, "persist", Persisting(target), ChangeScripts.ToPersist(target));
        }

        foreach (ChangeTarget target in targets)
        {
            yield return Run(
                target, "disarm", "Disarm the rollback, and keep what was replaced for -Undo", ChangeScripts.ToDisarm(target)) with
            {
                PointOfNoReturn = true,
            };
        }
    }

    private static string Persisting(ChangeTarget target) => target.Back switch
    {
        null => "Let the next boot load the new rules",
        { HadFile: true } => "Put /etc/nftables.conf back as it was",
        _ => "Take /etc/nftables.conf away, as there was none",
    };

    private Step Arm(ChangeTarget target) => Run(
        target, "arm", $"Save the rules and arm a rollback after {options.RollbackAfter.TotalSeconds:0} s",
        ChangeScripts.ToArm(target, options.RollbackAfter, options.AcceptLaterChanges)) with
    {
        Inverse = "Restore the saved rules and compare them with what then runs",
        Undo = token => UndoAsync(target, token),
        Limit = options.RollbackAfter + TimeSpan.FromSeconds(90),
    };

    private Step Settle(ChangeTarget target) => new()
    {
        Name = $"settle {target.Server.Name}",
        Description = "End an earlier change that was ended midway; its old rules come back first if they were still to",
        Server = target.Server.Name,
        Change = async token =>
        {
            foreach (Leftover leftover in target.Leftovers)
            {
                await RestoreAsync(session, target.Server, ChangeScripts.ToSettle(leftover), ChangeTarget.DirectoryOf(leftover.Id), token);
            }
        },
    };

    private Step Confirm(ChangeTarget target) => new()
    {
        Name = $"confirm {target.Server.Name}",
        Description = "Reach every server over fresh SSH connections, and try what worked before",
        Server = target.Server.Name,
        Change = token => ConfirmAsync(target, token),
        Limit = TimeSpan.FromSeconds(60),
    };

    private Step Run(ChangeTarget target, string name, string description, RemoteCommand command) => new()
    {
        Name = $"{name} {target.Server.Name}",
        Description = description,
        Server = target.Server.Name,
        Change = async token =>
        {
            IServerSession server = await session.GetServerAsync(target.Server.Name, token);
            SessionReadings.Succeeded(await server.RunAsync(command, token));
        },
    };

    private async Task ConfirmAsync(ChangeTarget target, CancellationToken cancellationToken)
    {
        await using ISiteSession fresh = session.Fresh();
        await Task.WhenAll(reachable.Select(server => ReachAsync(fresh, server, target, cancellationToken)));
        await probes.ConfirmAsync(fresh, target.Server, cancellationToken);
        IServerSession changed = await fresh.GetServerAsync(target.Server.Name, cancellationToken);
        SessionReadings.Succeeded(await changed.RunAsync(ChangeScripts.ToStand(target), cancellationToken), "nft list table inet filter");
    }

    private static async Task ReachAsync(ISiteSession fresh, Server server, ChangeTarget target, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Handshake);
        try
        {
            IServerSession connection = await fresh.GetServerAsync(server.Name, limit.Token);
            SessionReadings.Succeeded(await connection.RunAsync(RemoteCommand.FromScript("true"), limit.Token));
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new FoobarException(
                "FirewallNotConfirmed", ErrorKind.Failed,
                $"With the new rules of {target.Server.Name} no new SSH connection to {server.Name} succeeds: {error.Message}",
                error) { Server = target.Server.Name };
        }
    }

    // Where the new rules cut even the open connection, the server's own rollback is waited for.
    private async Task UndoAsync(ChangeTarget target, CancellationToken cancellationToken)
    {
        try
        {
            await RestoreAsync(session, target.Server, ChangeScripts.ToUndo(target), target.Directory, cancellationToken);
        }
        catch (FoobarException error) when (error.Kind is ErrorKind.Connection or ErrorKind.Timeout)
        {
            await Task.Delay(options.RollbackAfter + TimeSpan.FromSeconds(5), cancellationToken);
            await using ISiteSession fresh = session.Fresh();
            await RestoreAsync(fresh, target.Server, ChangeScripts.ToUndo(target), target.Directory, cancellationToken);
        }
    }

    private static async Task RestoreAsync(
        ISiteSession through, Server on, RemoteCommand command, string directory, CancellationToken cancellationToken)
    {
        IServerSession server = await through.GetServerAsync(on.Name, cancellationToken);
        CommandResult result = await server.RunAsync(command, cancellationToken);
        if (result.ExitCode != 0 || !(result.OutputText.Length == 0 || result.OutputText.StartsWith("restored", StringComparison.Ordinal)))
        {
            throw new FoobarException(
                "FirewallNotRestored", ErrorKind.Failed,
                $"{on.Name}: the old rules could not be put back as they were: {result.OutputText.Trim()} {result.ErrorText.Trim()}")
            {
                Server = on.Name,
                Recommendation = $"See {directory} on the server: 'saved' holds the old rules, 'restored' what runs now.",
            };
        }
    }
}
