using System.Globalization;
using System.Management.Automation;
using Foobar.Ops.Database;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Reads what was measured from objects that came through a job, a remote session or Export-Clixml.</summary>
internal static class MeasurementReader
{
    /// <summary>The rate or the replication status that an object was; <see langword="null"/> if it was neither.</summary>
    public static object? Read(PSObject value) =>
        Deserialized.IsOf(value, typeof(TrafficRate)) ? Rate(value)
        : Deserialized.IsOf(value, typeof(ReplicationStatus)) ? Status(value)
        : null;

    private static TrafficRate Rate(PSObject value) => new()
    {
        Server = FindingReader.Text(value, nameof(TrafficRate.Server)) ?? string.Empty,
        Origin = Word<TrafficOrigin>(value, nameof(TrafficRate.Origin)) ?? throw Refusal(value, nameof(TrafficRate.Origin)),
        Name = FindingReader.Text(value, nameof(TrafficRate.Name)) ?? throw Refusal(value, nameof(TrafficRate.Name)),
        Unit = Word<TrafficUnit>(value, nameof(TrafficRate.Unit)) ?? throw Refusal(value, nameof(TrafficRate.Unit)),
        Start = Time(value, nameof(TrafficRate.Start)),
        End = Time(value, nameof(TrafficRate.End)),
        WindowSeconds = Number(value, nameof(TrafficRate.WindowSeconds)) ?? throw Refusal(value, nameof(TrafficRate.WindowSeconds)),
        Count = (long?)Number(value, nameof(TrafficRate.Count)),
        CountLower = Number(value, nameof(TrafficRate.CountLower)) ?? 0,
        CountUpper = Number(value, nameof(TrafficRate.CountUpper)),
        Expected = FindingReader.Property(value, nameof(TrafficRate.Expected)) is PSObject expected
            && Word<AnomalyKind>(expected, nameof(RateJudgement.Kind)) is { } kind
            ? new RateJudgement
            {
                Time = Time(value, nameof(TrafficRate.End)),
                Rate = Number(expected, nameof(RateJudgement.Rate)) ?? 0,
                Kind = kind,
            }
            : null,
    };

    private static ReplicationStatus Status(PSObject value) => new()
    {
        Server = FindingReader.Text(value, nameof(ReplicationStatus.Server)) ?? throw Refusal(value, nameof(ReplicationStatus.Server)),
        Time = Time(value, nameof(ReplicationStatus.Time)),
        Role = Word<MemberRole>(value, nameof(ReplicationStatus.Role)) ?? throw Refusal(value, nameof(ReplicationStatus.Role)),
        Source = FindingReader.Text(value, nameof(ReplicationStatus.Source)),
        Receiver = Word<ReplicationThread>(value, nameof(ReplicationStatus.Receiver)),
        Applier = Word<ReplicationThread>(value, nameof(ReplicationStatus.Applier)),
        LagSeconds = Number(value, nameof(ReplicationStatus.LagSeconds)),
        TakesWrites = FindingReader.Property(value, nameof(ReplicationStatus.TakesWrites)) is { } takes
            ? LanguagePrimitives.IsTrue(takes)
            : null,
        Error = FindingReader.Text(value, nameof(ReplicationStatus.Error)),
    };

    private static DateTimeOffset Time(PSObject value, string name) =>
        FindingReader.Time(FindingReader.Property(value, name)) ?? throw Refusal(value, name);

    private static double? Number(PSObject value, string name) => FindingReader.Property(value, name) switch
    {
        null => null,
        var number => Convert.ToDouble(number is PSObject wrapped ? wrapped.BaseObject : number, CultureInfo.InvariantCulture),
    };

    private static TEnum? Word<TEnum>(PSObject value, string name)
        where TEnum : struct, Enum
    {
        object? word = FindingReader.Property(value, name);
        object? plain = word is PSObject wrapped ? wrapped.BaseObject : word;
        return Enum.TryParse(Convert.ToString(plain, CultureInfo.InvariantCulture), ignoreCase: true, out TEnum known)
            && Enum.IsDefined(known)
            ? known
            : null;
    }

    private static ArgumentTransformationMetadataException Refusal(PSObject value, string name) =>
        new($"'{value}' can't be shown in a report: its {name} is missing or means nothing.");
}
