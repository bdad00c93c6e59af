using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication;

/// <summary>An operation that is about to begin, as <see cref="OperationHost"/> runs it.</summary>
/// <typeparam name="TResult">What it tells at the end.</typeparam>
internal interface IOperation<TResult>
{
    /// <summary>What kind it is, by which its journals are known: <c>failover</c>, <c>repair</c>.</summary>
    string Kind { get; }

    /// <summary>Refuses what stands in its way, and connects. Changes nothing.</summary>
    /// <param name="started">When it began.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">Why it was refused.</exception>
    Task<IConnectedOperation<TResult>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken);
}

/// <summary>An operation that is connected.</summary>
/// <typeparam name="TResult">What it tells at the end.</typeparam>
internal interface IConnectedOperation<TResult>
{
    /// <summary>The connections; the host disposes them.</summary>
    OperationConnections Live { get; }

    /// <summary>Looks once more, now that the members' locks are held, and decides what is done.</summary>
    /// <param name="started">When it began.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">Something has changed since.</exception>
    Task<IDecidedOperation<TResult>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken);
}

/// <summary>An operation of which it is decided what it does.</summary>
/// <typeparam name="TResult">What it tells at the end.</typeparam>
internal interface IDecidedOperation<TResult> : IAsyncDisposable
{
    /// <summary>The ids under which its marker may stand; <see langword="null"/> if it has none on the way.</summary>
    OperationIds? Ids { get; }

    /// <summary>Whether the report closes the journal (see <see cref="PlanRunner.LeavesOpen"/>).</summary>
    bool LeavesOpen { get; }

    /// <summary>What it does.</summary>
    Plan Plan();

    /// <summary>Tells what came of it.</summary>
    Task<TResult> ReportAsync(OperationEnd end);
}

/// <summary>The end of an operation's plan.</summary>
/// <param name="Result">What came of its steps.</param>
/// <param name="Runner">Who ran them.</param>
/// <param name="Journal">The journal's path.</param>
/// <param name="Started">When the operation began.</param>
internal sealed record OperationEnd(PlanResult Result, PlanRunner Runner, string Journal, DateTimeOffset Started);

/// <summary>The operation that parameters tell of.</summary>
/// <param name="parameters">What its plan was built from.</param>
/// <param name="source">Where they stood, for errors.</param>
/// <exception cref="ParseException">One is missing.</exception>
internal delegate IUnfinishedOperation FindUnfinished(IReadOnlyDictionary<string, string> parameters, string source);

/// <summary>An operation that an earlier run began and did not end.</summary>
internal interface IUnfinishedOperation
{
    /// <summary>The ids under which its marker may stand.</summary>
    OperationIds Ids { get; }

    /// <summary>Connects. Changes nothing.</summary>
    Task<IReconnectedOperation> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>
    /// What an error means that came up while its members were connected and locked; <see langword="null"/> for what it says itself.
    /// </summary>
    FoobarException? Explain(FoobarException error) => null;
}

/// <summary>The same, connected.</summary>
internal interface IReconnectedOperation
{
    /// <summary>The connections; the host disposes them.</summary>
    OperationConnections Live { get; }

    /// <summary>Whether writes are at the new primary already, so that it has to be finished; else it is undone.</summary>
    /// <param name="marker">What the lost run's marker says.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>MarkerContradicted</c>: the members are not as the marker says, so neither may be
    /// done.</exception>
    Task<bool> HasMovedAsync(OperationMark marker, CancellationToken cancellationToken);

    /// <summary>Builds its plan again.</summary>
    Task<IDecidedOperation<FailoverResult>> RebuildAsync(CancellationToken cancellationToken);
}
