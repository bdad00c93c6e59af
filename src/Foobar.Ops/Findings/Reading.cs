using System.Diagnostics.CodeAnalysis;

namespace Foobar.Ops.Findings;

/// <summary>
/// One fact as it was read: its value, or why it could not be read. Facts are made of readings, so that one unreadable
/// file leaves the others usable and ends as an <see cref="FindingStatus.Unknown"/> finding, never as a pass.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
public sealed record Reading<T>
{
    /// <summary>The value; <see langword="default"/> if it could not be read.</summary>
    public T? Value { get; init; }

    /// <summary>Why it could not be read; <see langword="null"/> if it could.</summary>
    public string? Failure { get; init; }

    /// <summary>The command or file it was read from.</summary>
    public string? Source { get; init; }

    /// <summary>Tells whether there is a value, and gives it.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = Value;
        return Failure is null && value is not null;
    }
}

/// <summary>Makes readings.</summary>
public static class Reading
{
    /// <summary>A fact that was read.</summary>
    public static Reading<T> Of<T>(T value, string? source = null) => new() { Value = value, Source = source };

    /// <summary>A fact that could not be read.</summary>
    public static Reading<T> Unreadable<T>(string reason, string? source = null) => new() { Failure = reason, Source = source };
}
