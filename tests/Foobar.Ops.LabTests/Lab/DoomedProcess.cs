using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>An operation in a process of its own that gets SIGKILL at a chosen moment: no handler runs, nothing is flushed.</summary>
internal static class DoomedProcess
{
    /// <summary>Starts one, and waits until it is dead.</summary>
    /// <param name="step">The step after whose end it dies.</param>
    /// <param name="delay">How long after: zero for at once, else within the next step.</param>
    /// <param name="arguments">What it is to do: the word that <c>Program</c> knows first.</param>
    /// <exception cref="InvalidOperationException">It ended otherwise.</exception>
    public static async Task KillAsync(string step, TimeSpan delay, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(
            Environment.ProcessPath!, [.. arguments, step, delay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardError = true,
            };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Insert(0, typeof(DoomedProcess).Assembly.Location);
        }

        using Process process = Process.Start(start)!;
        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        const int Killed = 128 + 9;
        if (process.ExitCode != Killed)
        {
            throw new InvalidOperationException(
                $"The doomed {start.ArgumentList.First(argument => argument.StartsWith("doomed-", StringComparison.Ordinal))} ended with "
                    + $"{process.ExitCode}: {said}");
        }
    }

    /// <summary>What kills such a process: told of its steps, by the last two of its arguments.</summary>
    internal sealed class Death(string[] arguments) : IProgress<StepResult>
    {
        private readonly string _step = arguments[^2];
        private readonly TimeSpan _delay = TimeSpan.FromMilliseconds(double.Parse(arguments[^1], CultureInfo.InvariantCulture));

        public void Report(StepResult value) => Report(value.Step);

        public void Report(string ended)
        {
            if (ended != _step)
            {
                return;
            }

            if (_delay == TimeSpan.Zero)
            {
                Die();
            }

            // A thread of its own: the pool's may be busy with the very step that this shall meet.
            new Thread(() =>
            {
                Thread.Sleep(_delay);
                Die();
            }) { IsBackground = true }.Start();
        }

        private static void Die()
        {
            using Process self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
