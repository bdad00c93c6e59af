using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>An operator's session to a machine.</summary>
internal sealed class ModelServer(ModelSite site, Server server) : IServerSession
{
    public Server Server => server;

    public TimeProvider Time => site.Time;

    private World World => site.World;

    public Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<CommandResult>(cancellationToken);
        }

        string what = Commands.NameOf(command.Script, World);
        Fault fault = Commands.Changes(what) ? site.Next(server.Name, what) : Fault.None;
        World.Note($"{site.Process.Name} -> {server.Name}: {what}{(fault == Fault.None ? "" : $" <<< {fault}")}");
        if (fault is Fault.HangBefore || !site.Reaches(server.Name))
        {
            return TimeoutAsync(command, cancellationToken);
        }

        TaskCompletionSource<CommandResult> ended = new();
        World.After(2 * site.Latency(), () =>
        {
            if (fault == Fault.KillBefore)
            {
                site.Process.Kill();
            }
            else if (fault == Fault.LostBefore)
            {
                ended.TrySetException(Lost());
            }
            else if (fault is Fault.Refused)
            {
                ended.TrySetResult(Result(command, 1, "", "it failed"));
            }
            else
            {
                Do(command, what, fault, ended);
            }
        });
        if (cancellationToken.CanBeCanceled)
        {
            CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                _ => World.AfterTicks(0, () => ended.TrySetCanceled(cancellationToken)), null);
            ended.Task.ContinueWith(
                _ =>
                    registration.Unregister(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return fault == Fault.HangAfter ? TimeoutAsync(command, cancellationToken) : ended.Task;
    }

    public Task<ICommandStream> StartAsync(RemoteCommand command, CancellationToken cancellationToken = default) =>
        Task.FromResult<ICommandStream>(new ModelStream(site.Cluster, server.Name, Commands.NameOf(command.Script, World)));

    public async Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        if (!site.Reaches(server.Name))
        {
            await site.PendAsync<int>(TimeSpan.FromSeconds(15), Lost, cancellationToken);
        }

        if (endpoint is RemoteEndpoint.UnixSocket)
        {
            return site.Cluster.FindBalancer(server.Name) is { Runs: true } balancer
                ? new ConsoleStream(site, balancer)
                : throw new FoobarException(
                    "ForwardRefused", ErrorKind.Connection, $"{server.Name}: {endpoint} takes no connection") { Server = server.Name };
        }

        RemoteEndpoint.Tcp place = (RemoteEndpoint.Tcp)endpoint;
        Member? member = site.Cluster.FindBalancer(server.Name) is not null && place.Host == "192.0.2.10"
            ? site.Cluster.Balancer.Pick()
            : site.Cluster.Find(place.Host);
        await Pause(3 * site.Latency());
        bool through = site.Cluster.FindBalancer(server.Name) is not null && place.Host == "192.0.2.10";
        if (member is { MachineOn: false } || (member is not null && !site.Cluster.Reaches(server.Name, member.Name)))
        {
            await site.PendAsync<int>(TimeSpan.FromMinutes(1), Lost, cancellationToken);
        }

        return new GreetingStream(site.Cluster, member, through);
    }

    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task Pause(double seconds)
    {
        TaskCompletionSource over = new();
        World.After(seconds, over.SetResult);
        return over.Task;
    }

    private void Do(RemoteCommand command, string what, Fault fault, TaskCompletionSource<CommandResult> ended)
    {
        if (!site.Reaches(server.Name))
        {
            World.AfterTicks(command.TimeLimit.Ticks, () => ended.TrySetException(Lost()));
            return;
        }

        (int code, string output, string error) = Commands.Run(site.Cluster, server.Name, what, command);
        if (fault == Fault.KillAfter)
        {
            site.Process.Kill();
        }
        else if (fault == Fault.LostAfter)
        {
            ended.TrySetException(Lost());
        }
        else if (fault != Fault.HangAfter)
        {
            ended.TrySetResult(Result(command, code, output, error));
        }
    }

    private Task<CommandResult> TimeoutAsync(RemoteCommand command, CancellationToken cancellationToken) =>
        site.PendAsync<CommandResult>(
            command.TimeLimit,
            () => new FoobarException(
                "CommandTimeout", ErrorKind.Timeout, $"{server.Name}: no end within {command.TimeLimit.TotalSeconds} s")
                {
                    Server = server.Name,
                },
            cancellationToken);

    private FoobarException Lost() =>
        new("ConnectionLost", ErrorKind.Connection, $"{server.Name}: the connection was lost") { Server = server.Name };

    private CommandResult Result(RemoteCommand command, int code, string output, string error) => new()
    {
        Server = server.Name,
        Command = command.Script,
        Output = Encoding.UTF8.GetBytes(output),
        Error = Encoding.UTF8.GetBytes(error),
        ExitCode = code,
        Duration = TimeSpan.Zero,
    };
}
