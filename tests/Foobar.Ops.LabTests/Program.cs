using Foobar.Ops.LabTests.Firewall;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.LabTests.Tls;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Foobar.Ops.LabTests;

/// <summary>Runs the tests; or, started so by a test, an operation that dies where it is told to.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) =>
        args is [DoomedOperation.Word, ..] ? DoomedOperation.RunAsync(args)
        : args is [PausedOperation.Word, ..] ? PausedOperation.RunAsync(args)
        : args is [DoomedChange.Word, ..] ? DoomedChange.RunAsync(args)
        : args is [DoomedUpdate.Word, ..] ? DoomedUpdate.RunAsync(args)
        : args.Any(arg => arg is "--server" or "--internal-msbuild-node")
            ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
        : ConsoleRunner.Run(args);
}
