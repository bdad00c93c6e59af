namespace Foobar.Ops.Firewall.Spaces;

/// <summary>Where the bytes of each field stand among the levels of a decision diagram: one level a byte, high byte first.</summary>
internal static class FieldLayout
{
    private static readonly int[] Widths = [.. Enum.GetValues<PacketField>().Select(WidthOf)];
    private static readonly int[] Starts = StartsOf(Widths);
    private static readonly PacketField[] Owners =
    [
        .. Enum.GetValues<PacketField>().SelectMany(field => Enumerable.Repeat(field, Widths[(int)field])),
    ];

    /// <summary>All fields in the order of the diagrams.</summary>
    public static readonly PacketField[] Fields = Enum.GetValues<PacketField>();

    /// <summary>The number of levels in all.</summary>
    public static readonly int Levels = Owners.Length;

    /// <summary>The field's width in bytes.</summary>
    public static int Width(PacketField field) => Widths[(int)field];

    /// <summary>The level of the field's high byte.</summary>
    public static int Start(PacketField field) => Starts[(int)field];

    /// <summary>The level after the field's low byte.</summary>
    public static int End(PacketField field) => Starts[(int)field] + Widths[(int)field];

    /// <summary>The field a level belongs to.</summary>
    public static PacketField Owner(int level) => Owners[level];

    /// <summary>The largest value of the field.</summary>
    public static UInt128 Max(PacketField field) => Width(field) == 16 ? UInt128.MaxValue : (UInt128.One << (8 * Width(field))) - 1;

    /// <summary>The byte of a value that stands at a level of its field.</summary>
    public static byte ByteAt(PacketField field, UInt128 value, int level) => (byte)(value >> (8 * (End(field) - 1 - level)));

    private static int WidthOf(PacketField field) => field switch
    {
        PacketField.Length or PacketField.DestinationPort or PacketField.SourcePort => 2,
        PacketField.Mark or PacketField.ConnectionMark or PacketField.Origin or PacketField.Destination4 or PacketField.Source4 => 4,
        PacketField.Destination6 or PacketField.Source6 => 16,
        _ => 1,
    };

    private static int[] StartsOf(int[] widths)
    {
        int[] starts = new int[widths.Length];
        for (int index = 1; index < widths.Length; index++)
        {
            starts[index] = starts[index - 1] + widths[index - 1];
        }

        return starts;
    }
}
