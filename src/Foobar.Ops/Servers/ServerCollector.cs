using System.Diagnostics;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Servers;

/// <summary>Reads <see cref="ServerFacts"/>: all commands at once over the server's one session.</summary>
public sealed class ServerCollector : Collector<ServerFacts>
{
    private const int ClockQuestions = 3;

    /// <summary>An answer within this many seconds of the truth is asked for no second time.</summary>
    private const double SureSeconds = 0.05;

    /// <inheritdoc/>
    public override string Name => "server";

    /// <inheritdoc/>
    public override async Task<ServerFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);

        // Before the others: a busy session answers later, and the offset would be less certain.
        Reading<ClockOffset> offset = await MeasureClockAsync(connection, cancellationToken);
        Task<Reading<T>> Read<T>(
            string script, Func<string, T> parse, string source, bool privileged = false, CommandSources? sources = null) =>
            connection.ReadAsync(
                RemoteCommand.FromScript(script) with { Privileged = privileged, IsShared = true, IsShort = true, Sources = sources },
                parse, source, cancellationToken);

        var system = Read(SystemIdentity.Script, SystemIdentity.Parse, SystemIdentity.Source, sources: SystemIdentity.Sources);
        var boot = Read(BootTime.Script, BootTime.Parse, BootTime.Source, sources: BootTime.Sources);
        var state = Read("systemctl is-system-running || true", ParseState, "systemctl is-system-running");
        string[] required = [.. RoleUnits.Of(server, session.Site.Policy).SelectMany(static unit => unit.Names)];
        var units = ReadUnitsAsync(connection, required, cancellationToken);
        var sockets = Read(SocketParser.Source, SocketParser.Parse, SocketParser.Source, privileged: true);
        var ports = Read(
            KernelFiles.Script, text => EphemeralPorts.Parse(KernelFiles.Of(text, EphemeralPorts.Source)), EphemeralPorts.Source);
        var disks = Read(FileSystemScript.Text, FileSystemScript.Parse, DfParser.Source);
        var mounts = Read(KernelFiles.Script, KernelFiles.MountsOf, MountParser.Source);
        var memory = Read(KernelFiles.Script, text => MemoryUse.Parse(KernelFiles.Of(text, MemoryUse.Source)), MemoryUse.Source);
        var clock = Read(ClockSync.Source, ClockSync.Parse, ClockSync.Source);
        var reboot = Read(PendingReboot.Script, PendingReboot.Parse, PendingReboot.Source, sources: PendingReboot.Sources);
        var sshd = Read(SshdSettings.Script, SshdSettings.Parse, SshdSettings.Source, privileged: true);
        await Task.WhenAll(system, boot, state, units, sockets, ports, disks, mounts, memory, clock, reboot, sshd);
        return new ServerFacts
        {
            System = await system,
            BootTime = await boot,
            SystemState = await state,
            Units = await units,
            Sockets = await sockets,
            EphemeralPorts = await ports,
            FileSystems = await disks,
            Mounts = await mounts,
            Memory = await memory,
            ClockSync = await clock,
            ClockOffset = offset,
            PendingReboot = await reboot,
            Sshd = await sshd,
        };
    }

    private static async Task<Reading<IReadOnlyList<Unit>>> ReadUnitsAsync(
        IServerSession connection, string[] required, CancellationToken cancellationToken)
    {
        Reading<IReadOnlyList<Unit>> units = await UnitScript.ReadAsync(connection, required, cancellationToken);
        if (!units.TryGet(out IReadOnlyList<Unit>? all))
        {
            return units;
        }

        Task<IReadOnlyList<Unit>> conditions = ConditionScript.ReadAsync(connection, all, required, cancellationToken);
        IReadOnlyList<Unit> restarts = await RestartScript.ReadAsync(connection, all, required, cancellationToken);
        return Reading.Of<IReadOnlyList<Unit>>(
            [.. restarts.Zip(await conditions, static (unit, other) => unit with { Conditions = other.Conditions })], units.Source);
    }

    /// <summary>Asks until an answer came fast enough to be sure, a few times at most, and keeps the one that came fastest.</summary>
    private static async Task<Reading<ClockOffset>> MeasureClockAsync(IServerSession connection, CancellationToken cancellationToken)
    {
        Reading<ClockOffset>? best = null;
        for (int question = 0; question < ClockQuestions && !(best?.Value?.UncertaintySeconds <= SureSeconds); question++)
        {
            DateTimeOffset asked = DateTimeOffset.UtcNow;
            long start = Stopwatch.GetTimestamp();
            Reading<ClockOffset> answer = await connection.ReadAsync(
                RemoteCommand.FromScript(ClockOffset.Source), text =>
                    ClockOffset.Measure(asked, text, Stopwatch.GetElapsedTime(start)), ClockOffset.Source, cancellationToken);
            best = best?.Value is { } kept && !(answer.Value?.UncertaintySeconds < kept.UncertaintySeconds) ? best : answer;
        }

        return best!;
    }

    private static string ParseState(string text) => text.Trim() is { Length: > 0 } state
        ? state
        : throw new Errors.ParseException(null, "systemctl is-system-running", 1, "expected a state, found nothing.");
}
