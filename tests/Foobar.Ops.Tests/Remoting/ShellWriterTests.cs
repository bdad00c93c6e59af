using System.IO.Pipes;
using System.Text;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Shell;
using Xunit;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>What goes to a server's shell: in order, and never holding up who writes it.</summary>
public sealed class ShellWriterTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_network_that_stalls_holds_up_no_caller_and_loses_nothing()
    {
        (ShellWriter writer, AnonymousPipeServerStream reading) = Open();
        string[] texts = [.. Enumerable.Range(0, 40).Select(number => $"{number} {new string('x', 4000)}\n")];
        Task all = Task.WhenAll(texts.Select(text => writer.WriteAsync(text, CancellationToken.None)));
        await all.WaitAsync(Soon, TestContext.Current.CancellationToken);

        Task<string> read = Task.Run(() => new StreamReader(reading).ReadToEnd(), TestContext.Current.CancellationToken);
        writer.Close();
        Assert.Equal(string.Concat(texts), await read.WaitAsync(Soon, TestContext.Current.CancellationToken));
        writer.Dispose();
    }

    [Fact]
    public async Task What_is_written_at_once_and_what_waits_keep_their_order()
    {
        (ShellWriter writer, AnonymousPipeServerStream reading) = Open();
        Task<string> read = Task.Run(() => new StreamReader(reading).ReadToEnd(), TestContext.Current.CancellationToken);
        StringBuilder sent = new();
        for (int number = 0; number < 2000; number++)
        {
            Job job = new(number, asRoot: false, worker: 1, RemoteCommand.FromScript("true"));
            string text = $"{number} {new string('y', number % 700)}\n";
            sent.Append(text);
            await writer.WriteAsync(text, TestContext.Current.CancellationToken, job);
            if (number % 3 == 0)
            {
                writer.Heard(job);
            }
        }

        writer.Close();
        Assert.Equal(sent.ToString(), await read.WaitAsync(Soon, TestContext.Current.CancellationToken));
        writer.Dispose();
    }

    private static (ShellWriter Writer, AnonymousPipeServerStream Reading) Open()
    {
        AnonymousPipeServerStream reading = new(PipeDirection.In);
        AnonymousPipeClientStream writing = new(PipeDirection.Out, reading.ClientSafePipeHandle);
        return (new ShellWriter(writing, "here"), reading);
    }
}
