namespace Foobar.Ops.Inventory.Loading;

/// <summary>Reads one value of a document, or reports what is wrong with it and gives nothing.</summary>
internal delegate Parsed<T> Read<T>(SourceValue value, Problems problems);

/// <summary>A value that was read, or nothing where a problem was reported instead.</summary>
internal readonly record struct Parsed<T>
{
    private readonly T? _value;
    private readonly bool _there;

    public Parsed(T value) => (_value, _there) = (value, true);

    /// <summary>The value, or what stands in for it.</summary>
    public T Or(T missing) => _there ? _value! : missing;

    /// <summary>Tells whether there is a value, and gives it.</summary>
    public bool TryGet(out T value)
    {
        value = _value!;
        return _there;
    }

    public static implicit operator Parsed<T>(T value) => new(value);
}

/// <summary>Makes parsed values.</summary>
internal static class Parsed
{
    /// <summary>A value that was read; for interfaces, which convert to nothing by themselves.</summary>
    public static Parsed<T> Of<T>(T value) => new(value);
}
