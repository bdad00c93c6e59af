using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Testing;

/// <summary>What a test needs of this machine; both test projects ask here.</summary>
internal static class Needs
{
    // All that the tests run is installed at once, by the first test that lacks a program of the list.
    private static readonly Lazy<string?> Setup = new(() => InstallAsync().GetAwaiter().GetResult());

    /// <summary>Skips the test, with the reason, if this machine lacks one of some programs and can't be given it.</summary>
    /// <param name="programs">Names from <see cref="HostPrograms.Tests"/>.</param>
    public static void Programs(params IEnumerable<string> programs)
    {
        string? obstacle = FindObstacle(programs);
        Assert.SkipWhen(obstacle is not null, obstacle ?? string.Empty);
    }

    /// <summary>
    /// Why this machine lacks one of some programs, once the missing ones could not be installed; else <see langword="null"/>.
    /// </summary>
    /// <inheritdoc cref="Programs"/>
    public static string? FindObstacle(params IEnumerable<string> programs)
    {
        HostProgram[] needed = [.. programs.Select(Find)];
        return HostSetup.DescribeMissing(needed).Length == 0 ? null
            : Setup.Value is string obstacle && HostSetup.DescribeMissing(needed) is { Length: > 0 } missing ? $"{missing}: {obstacle}"
            : null;
    }

    private static HostProgram Find(string program) => HostPrograms.Tests.FirstOrDefault(each => each.Name == program)
        ?? throw new ArgumentException(
            $"HostPrograms.Tests does not list {program}, so it would not be installed on a fresh machine.", nameof(program));

    private static async Task<string?> InstallAsync()
    {
        try
        {
            await HostSetup.EnsureAsync(HostPrograms.Tests, new Diagnostics(), CancellationToken.None);
            return null;
        }
        catch (LabException obstacle)
        {
            return obstacle.Message;
        }
    }

    private sealed class Diagnostics : IProgress<string>
    {
        public void Report(string value) => TestContext.Current.SendDiagnosticMessage(value);
    }
}
