using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>
/// A program of the site that moves the application's writes: <c>foobar-write-endpoint ACTION MEMBER</c> on the endpoint's
/// server, with the actions <c>close</c>, <c>open</c>, <c>end-sessions</c> and <c>persist</c>. It must end with 0 when the
/// action took hold, and must stand being called twice.
/// </summary>
internal sealed class HookEndpoint(IServerSession session) : IWriteEndpoint
{
    /// <summary>The program, looked for in root's path.</summary>
    public const string Program = "foobar-write-endpoint";

    public string Name => $"the hook {Program} on {session.Server.Name}";

    public string? Server => session.Server.Name;

    public Task<IReadOnlyList<string>?> MembersAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>?>(null);

    public Task CloseAsync(string member, CancellationToken cancellationToken) => CallAsync("close", member, cancellationToken);

    public Task OpenAsync(string member, CancellationToken cancellationToken) => CallAsync("open", member, cancellationToken);

    public Task EndSessionsAsync(string member, CancellationToken cancellationToken) =>
        CallAsync("end-sessions", member, cancellationToken);

    public Task PersistAsync(string open, string closed, CancellationToken cancellationToken) =>
        CallAsync("persist", open, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task CallAsync(string action, string member, CancellationToken cancellationToken)
    {
        CommandResult result = await session.RunAsync(
            RemoteCommand.Create($"{Program} {action} {member}") with { Privileged = true }, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new FoobarException(
                "EndpointRefused", ErrorKind.Failed,
                $"{session.Server.Name}: '{Program} {action} {member}' ended with {result.ExitCode}: {result.ErrorText.Trim()}")
                {
                    Server = session.Server.Name,
                };
        }
    }
}
