namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>Where the inventory declares no write endpoint: somebody else leads the application to the new primary.</summary>
internal sealed class NoEndpoint : IWriteEndpoint
{
    public string Name => "write endpoint (none declared)";

    public string? Server => null;

    public Task<IReadOnlyList<string>?> MembersAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>?>(null);

    public Task CloseAsync(string member, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task OpenAsync(string member, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task EndSessionsAsync(string member, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task PersistAsync(string open, string closed, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
