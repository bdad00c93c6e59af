using Foobar.Ops.Remoting.Drivers;
using Polly;
using Polly.Retry;

namespace Foobar.Ops.Drivers.Retries;

/// <summary>Repetitions by Polly: exponential back-off with decorrelated jitter.</summary>
internal sealed class PollyRetry : IRetryDriver
{
    /// <inheritdoc/>
    public async Task<T> RunAsync<T>(RetryPlan plan, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        if (plan.Repetitions < 1)
        {
            return await attempt(cancellationToken);
        }

        long begun = plan.Time.GetTimestamp();
        RetryStrategyOptions<T> options = new()
        {
            MaxRetryAttempts = plan.Repetitions,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = plan.FirstWait,

            // No repetition begins after the patience is over; with a longer wait asked for, the failure is told at once.
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } failure
                && plan.MayRepeat(failure)
                && plan.Time.GetElapsedTime(begun) + (plan.WaitOf(failure) ?? TimeSpan.Zero) < plan.Patience),
            DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } failure ? plan.WaitOf(failure) : null),
        };
        ResiliencePipeline<T> pipeline = new ResiliencePipelineBuilder<T> { TimeProvider = plan.Time }.AddRetry(options).Build();
        return await pipeline.ExecuteAsync(async token => await attempt(token), cancellationToken);
    }
}
