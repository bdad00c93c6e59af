using System.Globalization;
using System.Management.Automation;
using Foobar.Ops.Findings;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Reads a finding from an object that has a finding's properties but not its type. Enumerations may stand there as words or
/// numbers, and the time as an object, a date or text (ISO 8601; without a zone it is UTC).
/// </summary>
internal static class FindingReader
{
    /// <summary>The finding.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">A property that a finding can't be without is missing or means
    /// nothing.</exception>
    public static Finding Read(PSObject value) => new()
    {
        ControlId = Text(value, nameof(Finding.ControlId)) ?? throw Refusal(value, nameof(Finding.ControlId)),
        Title = Text(value, nameof(Finding.Title)) ?? throw Refusal(value, nameof(Finding.Title)),
        Area = Word<Area>(value, nameof(Finding.Area)),
        Severity = Word<Severity>(value, nameof(Finding.Severity)),
        Status = Word<FindingStatus>(value, nameof(Finding.Status)),
        Site = Text(value, nameof(Finding.Site)),
        Server = Text(value, nameof(Finding.Server)),
        Target = Text(value, nameof(Finding.Target)),
        Extent = Text(value, nameof(Finding.Extent)),
        Expected = Text(value, nameof(Finding.Expected)),
        Actual = Text(value, nameof(Finding.Actual)),
        Evidence = Text(value, nameof(Finding.Evidence)),
        Reason = Text(value, nameof(Finding.Reason)),
        Remediation = Text(value, nameof(Finding.Remediation)),
        Suppressed = Suppressed(value),
        Change = Property(value, nameof(Finding.Change)) is null ? null : Word<FindingChange>(value, nameof(Finding.Change)),
        Time = Time(Property(value, nameof(Finding.Time))) ?? throw Refusal(value, nameof(Finding.Time)),
    };

    private static Acceptance? Suppressed(PSObject value) => Property(value, nameof(Finding.Suppressed)) switch
    {
        null => null,
        Acceptance accepted => accepted,
        object other when PSObject.AsPSObject(other) is var wrapped
            && Text(wrapped, nameof(Acceptance.Reason)) is { } reason
            && Time(Property(wrapped, nameof(Acceptance.Until))) is { } until =>
            new Acceptance { Reason = reason, Until = until },
        _ => throw Refusal(value, nameof(Finding.Suppressed)),
    };

    internal static object? Property(PSObject value, string name) => value.Properties[name]?.Value;

    internal static string? Text(PSObject value, string name) => Property(value, name)?.ToString();

    private static TEnum Word<TEnum>(PSObject value, string name)
        where TEnum : struct, Enum
    {
        object? word = Property(value, name);
        object? plain = word is PSObject wrapped ? wrapped.BaseObject : word;
        return Enum.TryParse(Convert.ToString(plain, CultureInfo.InvariantCulture), ignoreCase: true, out TEnum known)
            && Enum.IsDefined(known)
            ? known
            : throw Refusal(value, name);
    }

    internal static DateTimeOffset? Time(object? value) => value switch
    {
        DateTimeOffset time => time,
        DateTime { Kind: DateTimeKind.Local } time => new DateTimeOffset(time).ToUniversalTime(),
        DateTime time => new DateTimeOffset(time, TimeSpan.Zero),
        string text =>
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                ? time
                : null,
        PSObject { BaseObject: DateTime or DateTimeOffset or string } wrapped => Time(wrapped.BaseObject),
        PSObject wrapped => Time(Property(wrapped, nameof(DateTimeOffset.UtcDateTime)) ?? wrapped.ToString()),
        _ => null,
    };

    private static ArgumentTransformationMetadataException Refusal(PSObject value, string name) =>
        new(
            $"'{value}' is no finding: "
                + $"{(Property(value, name) is { } given ? $"its {name} '{given}' means nothing" : $"it has no {name}")}. Give what "
                + "Invoke-FoobarAudit or a Test- cmdlet returned.");
}
