using System.Globalization;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>Runs many schedules on two threads, each schedule on one.</summary>
internal static class ScheduleRunner
{
    // What waits inline goes deep now and then.
    private const int Stack = 16 * 1024 * 1024;

    /// <summary>How many schedules a run tries: about 15 s, or as many as <c>FOOBAR_MODEL_SCHEDULES</c> says.</summary>
    public static int Count { get; } = Number("FOOBAR_MODEL_SCHEDULES") ?? 3000;

    /// <summary>The only schedule to run, with each of its events: <c>FOOBAR_MODEL_SEED</c>.</summary>
    public static int? Only { get; } = Number("FOOBAR_MODEL_SEED");

    /// <summary>
    /// The violation of the lowest seed among those that were tried, run again with its events; <see langword="null"/> for none.
    /// </summary>
    /// <param name="count">How many to try, from the run's seed on.</param>
    /// <param name="plant">A fault of the engine that is planted.</param>
    public static Schedule? FirstViolation(int count, Plant? plant = null)
    {
        int first = TestSeed.Value;
        int next = first - 1;
        int found = int.MaxValue;
        Exception? failed = null;
        Lock one = new();
        Thread[] threads = [.. Enumerable.Range(0, Math.Min(2, Environment.ProcessorCount)).Select(_ => new Thread(Work, Stack))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        return failed is not null ? throw new InvalidOperationException("A schedule could not be run.", failed)
            : found == int.MaxValue ? null
            : OnThread(() => Schedule.Run(found, traced: true, plant));

        void Work()
        {
            for (int seed = Interlocked.Increment(ref next); seed < first + count
                && seed < Volatile.Read(ref found); seed = Interlocked.Increment(ref next))
            {
                if (!Try(seed))
                {
                    return;
                }
            }
        }

        bool Try(int seed)
        {
            try
            {
                if (Schedule.Run(seed, plant: plant).Violation is not null)
                {
                    lock (one)
                    {
                        found = Math.Min(found, seed);
                    }
                }

                return true;
            }
#pragma warning disable CA1031 // Told by the thread that waits.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failed = new InvalidOperationException($"FOOBAR_MODEL_SEED={seed}", error);
                return false;
            }
        }
    }

    /// <summary>Runs one on a thread of its own.</summary>
    public static Schedule OnThread(Func<Schedule> run)
    {
        Schedule? schedule = null;
        Exception? failed = null;
        Thread thread = new(Work, Stack);
        thread.Start();
        thread.Join();
        return schedule ?? throw new InvalidOperationException("A schedule could not be run.", failed);

        void Work()
        {
            try
            {
                schedule = run();
            }
#pragma warning disable CA1031 // Told by the thread that waits.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failed = error;
            }
        }
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text
            ? null
            : int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
