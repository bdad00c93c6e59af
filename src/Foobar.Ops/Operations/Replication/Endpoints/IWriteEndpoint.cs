namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>Where the application writes. Every change may be made twice.</summary>
internal interface IWriteEndpoint : IAsyncDisposable
{
    /// <summary>The place, for the operator: <c>mysql-write on lb-01</c>.</summary>
    string Name { get; }

    /// <summary>
    /// A server that it stands on and that answered last, from which its address can be tried; <see langword="null"/> if none is declared.
    /// </summary>
    string? Server { get; }

    /// <summary>The members it lets new connections through to now; <see langword="null"/> if it can't tell.</summary>
    Task<IReadOnlyList<string>?> MembersAsync(CancellationToken cancellationToken);

    /// <summary>The same; of several load balancers, what the first one says that answers.</summary>
    Task<IReadOnlyList<string>?> FirstMembersAsync(CancellationToken cancellationToken) => MembersAsync(cancellationToken);

    /// <summary>What it thinks of a member's health, in one line; <see langword="null"/> if it does not check.</summary>
    Task<string?> HealthAsync(string member, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>
    /// Lets no new connection through to a member and leaves alone those that are there, where the endpoint can tell the two
    /// apart. <see cref="CloseAsync"/> may end them.
    /// </summary>
    Task DrainAsync(string member, CancellationToken cancellationToken) => CloseAsync(member, cancellationToken);

    /// <summary>Lets no new connection through to a member.</summary>
    Task CloseAsync(string member, CancellationToken cancellationToken);

    /// <summary>Lets new connections through to a member.</summary>
    Task OpenAsync(string member, CancellationToken cancellationToken);

    /// <summary>Lets new connections through to one of two members, the other being closed already.</summary>
    /// <param name="open">The member it leads to.</param>
    /// <param name="closed">The member it does not lead to.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task LeadAsync(string open, string closed, CancellationToken cancellationToken) => OpenAsync(open, cancellationToken);

    /// <summary>Ends the connections that lead to a member.</summary>
    Task EndSessionsAsync(string member, CancellationToken cancellationToken);

    /// <summary>Makes what is open and closed survive a restart of the endpoint.</summary>
    /// <param name="open">The member it leads to.</param>
    /// <param name="closed">The member it does not lead to.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task PersistAsync(string open, string closed, CancellationToken cancellationToken);

    /// <summary>Asks all of several load balancers again from now on, those too that failed before: for an undo.</summary>
    void Readmit()
    {
    }

    /// <summary>Of several load balancers, sees that each answers.</summary>
    /// <exception cref="Errors.FoobarException"><c>EndpointLost</c>: one does not.</exception>
    Task EnsureAllAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Of several load balancers, sees that none has failed at what it was told since.</summary>
    /// <exception cref="Errors.FoobarException"><c>EndpointLost</c>: one has.</exception>
    void EnsureComplete()
    {
    }
}
