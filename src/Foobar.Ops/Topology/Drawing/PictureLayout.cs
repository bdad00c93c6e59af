namespace Foobar.Ops.Topology.Drawing;

/// <summary>A point, in the units of the picture.</summary>
internal readonly record struct Point(double X, double Y);

/// <summary>A rectangle, in the units of the picture.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;

    public double Bottom => Y + Height;

    public double Middle => X + (Width / 2);

    public double Centre => Y + (Height / 2);

    public bool Meets(Box other) => X < other.Right && other.X < Right && Y < other.Bottom && other.Y < Bottom;
}

/// <summary>A cubic curve.</summary>
internal readonly record struct Curve(Point Start, Point Begin, Point End, Point Stop)
{
    /// <summary>The point at a part of its way.</summary>
    public Point At(double part)
    {
        double rest = 1 - part;
        double Mix(double a, double b, double c, double d) =>
            (rest * rest * rest * a) + (3 * rest * rest * part * b) + (3 * rest * part * part * c) + (part * part * part * d);
        return new Point(Mix(Start.X, Begin.X, End.X, Stop.X), Mix(Start.Y, Begin.Y, End.Y, Stop.Y));
    }
}

/// <summary>An arrow with its place: curves that follow each other, and where its label stands.</summary>
internal sealed record PlacedEdge(PictureEdge Edge, IReadOnlyList<Curve> Curves, Box Label, IReadOnlyList<string> Lines)
{
    /// <summary>Whether it leads from side to side of two boxes in a row.</summary>
    public bool IsLevel => Curves is [{ } only] && only.Start.X != only.Begin.X;

    /// <summary>The point at a part of its way.</summary>
    public Point At(double part)
    {
        double at = Math.Min(part * Curves.Count, Curves.Count - 0.001);
        return Curves[(int)at].At(at - (int)at);
    }
}

/// <summary>
/// Gives boxes and arrows their places. Boxes stand in rows by layer, from the internet above to the databases below; arrows
/// leave and enter a side at places of their own, in the order of what they lead to, so that they cross seldom. Pure.
/// </summary>
internal sealed class PictureLayout
{
    public const double BoxWidth = 236;
    public const double LineHeight = 18;
    public const double LabelLine = 13;
    private const double Head = 46;
    private const double Gap = 150;
    private const double RowGap = 126;
    private const double Margin = 36;
    private const double Character = 6.1;
    private const int LabelWidth = 24;
    private const int MostLabelLines = 4;

    private const double Lane = 9;

    private static readonly double[] LabelPlaces = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85, 0.1, 0.9];

    private static readonly double[] LabelShifts = [0, -50, 50, -95, 95];

    private readonly Dictionary<string, Box> _boxes = new(StringComparer.Ordinal);
    private readonly Dictionary<(PictureEdge Edge, bool IsStart), Point> _ends = [];
    private readonly List<Box> _labels = [];
    private readonly List<Box[]> _rows = [];
    private readonly Dictionary<(int Row, double X), int> _lanes = [];

    private PictureLayout(Picture picture)
    {
        Picture = picture;
        Rows();
        Sides();
        Edges = [.. picture.Edges.OrderByDescending(static edge => edge.Tone).ThenBy(static edge => edge.IsSupport).Select(Place)];
        Width = Math.Max(
            _boxes.Values.Select(static box => box.Right).DefaultIfEmpty(0).Max(),
            _labels.Select(static box => box.Right).DefaultIfEmpty(0).Max())
            + Margin;
        Height = _boxes.Values.Select(static box => box.Bottom).Concat(_labels.Select(static box => box.Bottom)).DefaultIfEmpty(0).Max()
            + Margin;
    }

    public Picture Picture { get; }

    public IReadOnlyList<PlacedEdge> Edges { get; }

    public double Width { get; }

    public double Height { get; }

    /// <summary>Gives a picture's parts their places.</summary>
    public static PictureLayout Of(Picture picture) => new(picture);

    /// <summary>Where a box stands.</summary>
    public Box this[PictureNode node] => _boxes[node.Name];

    /// <summary>How tall a box is.</summary>
    private static double HeightOf(PictureNode node) => node.IsOutside ? Head : Head + 8 + (node.Lines.Count * LineHeight);

    private void Rows()
    {
        (int Layer, PictureNode[] Nodes)[] rows =
        [
            .. Picture.Nodes.GroupBy(static node => node.Layer)
                .OrderBy(static row => row.Key)
                .Select(static row => (row.Key, row.ToArray())),
        ];
        double widest = rows.Length == 0 ? 0 : rows.Max(static row => (row.Nodes.Length * (BoxWidth + Gap)) - Gap);

        // Labels of arrows within a row and beside it stand in the margins.
        double left = Margin + 60;
        double top = Margin;
        foreach ((_, PictureNode[] nodes) in rows)
        {
            double x = left + ((widest - ((nodes.Length * (BoxWidth + Gap)) - Gap)) / 2);
            foreach (PictureNode node in nodes)
            {
                _boxes[node.Name] = new Box(x, top, BoxWidth, HeightOf(node));
                x += BoxWidth + Gap;
            }

            _rows.Add([.. nodes.Select(node => _boxes[node.Name])]);
            top += nodes.Max(HeightOf) + RowGap;
        }
    }

    private enum Side
    {
        Top,
        Bottom,
        Left,
        Right,
    }

    // The sides by which an arrow leaves and enters. Within a row neighbours meet side by side, others by a bow below.
    private (Side From, Side To) SidesOf(PictureEdge edge)
    {
        Box from = _boxes[edge.From], to = _boxes[edge.To];
        return from.Y < to.Y ? (Side.Bottom, Side.Top)
            : from.Y > to.Y ? (Side.Top, Side.Bottom)
            : Math.Abs(from.X - to.X) > BoxWidth + Gap + 1 ? (Side.Bottom, Side.Bottom)
            : from.X < to.X ? (Side.Right, Side.Left)
            : (Side.Left, Side.Right);
    }

    private void Sides()
    {
        var ends =
            from edge in Picture.Edges
            let sides = SidesOf(edge)
            from end in ((string Node, Side Side, string Other, bool IsStart)[])
            [
                (edge.From, sides.From, edge.To, true), (edge.To, sides.To, edge.From, false),
            ]
            group (edge, end.IsStart, Other: _boxes[end.Other]) by (end.Node, end.Side) into side
            select side;
        foreach (var side in ends)
        {
            Box box = _boxes[side.Key.Node];
            bool isUpright = side.Key.Side is Side.Left or Side.Right;

            // Arrows to and fro between two boxes must not cross: each pair keeps its order at both ends.
            var ordered = side.OrderBy(each => isUpright ? 0 : each.Other.Middle)
                .ThenBy(each => each.IsStart == (string.CompareOrdinal(each.edge.From, each.edge.To) < 0))
                .ToArray();
            for (int index = 0; index < ordered.Length; index++)
            {
                double part = (index + 1.0) / (ordered.Length + 1);
                _ends[(ordered[index].edge, ordered[index].IsStart)] = side.Key.Side switch
                {
                    Side.Top => new Point(box.X + (box.Width * part), box.Y),
                    Side.Bottom => new Point(box.X + (box.Width * part), box.Bottom),
                    Side.Left => new Point(box.X, box.Y + (box.Height * part)),
                    _ => new Point(box.Right, box.Y + (box.Height * part)),
                };
            }
        }
    }

    private PlacedEdge Place(PictureEdge edge)
    {
        PlacedEdge placed = new(edge, Curves(edge), default, Fit(edge.Label));
        Box[] rooms = [.. from shift in LabelShifts from part in LabelPlaces select Room(placed, part, shift)];
        Box room = rooms.OrderBy(Overlap).First();
        _labels.Add(room);
        return placed with { Label = room };
    }

    private Curve[] Curves(PictureEdge edge)
    {
        Point start = _ends[(edge, true)], stop = _ends[(edge, false)];
        (Side from, Side to) = SidesOf(edge);
        if (from is Side.Left or Side.Right)
        {
            return [new Curve(start, Away(start, from, 40), Away(stop, to, 40), stop)];
        }

        if (from == to)
        {
            double bow = 46 + (Math.Abs(stop.X - start.X) * 0.06);
            return [new Curve(start, Away(start, from, bow), Away(stop, to, bow), stop)];
        }

        Point[] points = [start, .. Between(start, stop), stop];
        double down = stop.Y > start.Y ? 1 : -1;
        return
        [
            .. points.Zip(points.Skip(1), (here, there) =>
            {
                double bend = down * Math.Max(Math.Min(40, Math.Abs(there.Y - here.Y) / 2), Math.Abs(there.Y - here.Y) * 0.45);
                return new Curve(here, here with { Y = here.Y + bend }, there with { Y = there.Y - bend }, there);
            }),
        ];
    }

    // Rows between two boxes are passed by the gap that is nearest to the straight way, each arrow in a lane of its own.
    private IEnumerable<Point> Between(Point start, Point stop)
    {
        bool isDown = stop.Y > start.Y;
        (Box[] Row, int Index)[] rows =
        [
            .. _rows.Select(static (row, index) => (row, index))
                .Where(
                    each =>
                        each.row[0].Y > Math.Min(start.Y, stop.Y) && each.row.Max(static box => box.Bottom) < Math.Max(start.Y, stop.Y)),
        ];
        foreach ((Box[] row, int index) in isDown ? rows : rows.Reverse())
        {
            double top = row[0].Y, bottom = row.Max(static box => box.Bottom);
            double straight = start.X + ((stop.X - start.X) * (((top + bottom) / 2) - start.Y) / (stop.Y - start.Y));
            double[] gaps =
            [
                row[0].X - 26, .. row.Zip(row.Skip(1), static (left, right) => (left.Right + right.X) / 2), row[^1].Right + 26,
            ];
            double gap = gaps.MinBy(each => Math.Abs(each - straight));
            int taken = _lanes[(index, gap)] = _lanes.GetValueOrDefault((index, gap)) + 1;
            double x = gap + (taken / 2 * Lane * (taken % 2 == 0 ? 1 : -1));
            yield return new Point(x, isDown ? top - 10 : bottom + 10);
            yield return new Point(x, isDown ? bottom + 10 : top - 10);
        }
    }

    private static Point Away(Point point, Side side, double distance) => side switch
    {
        Side.Top => point with { Y = point.Y - distance },
        Side.Bottom => point with { Y = point.Y + distance },
        Side.Left => point with { X = point.X - distance },
        _ => point with { X = point.X + distance },
    };

    private static Box Room(PlacedEdge edge, double part, double shift)
    {
        Point at = edge.At(part);
        double width = edge.Lines.Max(static line => line.Length) * Character, height = edge.Lines.Count * LabelLine;

        // Beside a level arrow: on it there would be little left to see.
        double lift = edge.IsLevel ? (height / 2) + 5 : 0;
        return new Box(
            Math.Max(4, at.X - (width / 2) - 3 + (edge.IsLevel ? 0 : shift)), at.Y - (height / 2) - 2 - lift, width + 6, height + 4);
    }

    // How much of others a label would hide; boxes count double.
    private double Overlap(Box room) => _labels.Sum(other => Shared(room, other)) + (2 * _boxes.Values.Sum(box => Shared(room, box)));

    private static double Shared(Box one, Box other) =>
        Math.Max(
            0, Math.Min(one.Right, other.Right) - Math.Max(one.X, other.X)) * Math.Max(
                0, Math.Min(one.Bottom, other.Bottom) - Math.Max(one.Y, other.Y));

    /// <summary>A label in lines that a gap between boxes has room for.</summary>
    internal static IReadOnlyList<string> Fit(string label)
    {
        List<string> lines = [];
        foreach (string part in label.Split(", "))
        {
            string word = part.Length > LabelWidth ? part[..(LabelWidth - 1)] + "…" : part;
            if (lines.Count > 0 && lines[^1].Length + word.Length + 2 <= LabelWidth - 6)
            {
                lines[^1] += ", " + word;
            }
            else
            {
                lines.Add(word);
            }
        }

        return lines.Count <= MostLabelLines ? lines : [.. lines.Take(MostLabelLines - 1), "…"];
    }
}
