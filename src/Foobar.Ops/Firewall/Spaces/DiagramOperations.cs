using System.Runtime.CompilerServices;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>An operation on two functions, packet by packet.</summary>
internal interface IBinaryOperation
{
    /// <summary>The number under which results are remembered: above 0, distinct for each operation of a store.</summary>
    int Number { get; }

    /// <summary>Gives the result where it is plain without looking at every packet; always where both are terminals.</summary>
    bool TryResolve(int left, int right, out int result);
}

/// <summary>The algebra of packet spaces and of functions on packets.</summary>
internal static class DiagramOperations
{
    /// <summary>Applies an operation packet by packet.</summary>
    public static int Apply<T>(this Diagram diagram, T operation, int left, int right)
        where T : IBinaryOperation =>
        operation.TryResolve(left, right, out int result) || diagram.Cache.TryGet(operation.Number, left, right, out result)
            ? result
            : ApplyToChildren(diagram, operation, left, right);

    // Optimised from the first call: a large ruleset is judged before the runtime would have got round to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ApplyToChildren<T>(Diagram diagram, T operation, int left, int right)
        where T : IBinaryOperation
    {
        int level = Math.Min(diagram.Level(left), diagram.Level(right));
        Span<uint> edges = diagram.Draft(level);
        int count = 0;
        EdgeWalk leftWalk = new(diagram, left, level);
        EdgeWalk rightWalk = new(diagram, right, level);
        for (int high = -1; high < 255;)
        {
            high = Math.Min(leftWalk.High, rightWalk.High);
            if (!operation.TryResolve(leftWalk.Child, rightWalk.Child, out int child)
                && !diagram.Cache.TryGet(operation.Number, leftWalk.Child, rightWalk.Child, out child))
            {
                child = ApplyToChildren(diagram, operation, leftWalk.Child, rightWalk.Child);
            }

            Diagram.Append(edges, ref count, high, child);
            leftWalk.Pass(high);
            rightWalk.Pass(high);
        }

        int result = diagram.Make(level, edges[..count]);
        diagram.Cache.Set(operation.Number, left, right, result);
        return result;
    }

    /// <summary>The packets in both spaces.</summary>
    public static int And(this Diagram diagram, int left, int right) =>
        diagram.Apply(default(AndOperation), Math.Min(left, right), Math.Max(left, right));

    /// <summary>The packets in all spaces.</summary>
    public static int And(this Diagram diagram, params ReadOnlySpan<int> spaces)
    {
        int result = Diagram.True;
        foreach (int space in spaces)
        {
            result = diagram.And(result, space);
        }

        return result;
    }

    /// <summary>The packets in either space.</summary>
    public static int Or(this Diagram diagram, int left, int right) =>
        diagram.Apply(default(OrOperation), Math.Min(left, right), Math.Max(left, right));

    /// <summary>The packets in any of many spaces; joined in pairs, so that large unions stay cheap.</summary>
    public static int Or(this Diagram diagram, IEnumerable<int> spaces)
    {
        List<int> pending = [.. spaces];
        if (pending.Count == 0)
        {
            return Diagram.False;
        }

        while (pending.Count > 1)
        {
            int kept = 0;
            for (int index = 0; index < pending.Count; index += 2)
            {
                pending[kept++] = index + 1 < pending.Count ? diagram.Or(pending[index], pending[index + 1]) : pending[index];
            }

            pending.RemoveRange(kept, pending.Count - kept);
        }

        return pending[0];
    }

    /// <summary>The packets in the first space and not in the second.</summary>
    public static int Except(this Diagram diagram, int left, int right) => diagram.Apply(default(ExceptOperation), left, right);

    /// <summary>The packets not in a space.</summary>
    public static int Not(this Diagram diagram, int space) => diagram.Except(Diagram.True, space);

    /// <summary>A space that no longer looks at a field: the packets that are in it for some value of the field.</summary>
    public static int Forget(this Diagram diagram, int space, PacketField field) => diagram.Forget(space, field, default(OrOperation));

    /// <summary>Tells whether two spaces share a packet, without making their intersection.</summary>
    public static bool Overlap(this Diagram diagram, int left, int right) =>
        diagram.Any(default(AndOperation), Math.Min(left, right), Math.Max(left, right));

    /// <summary>Tells whether an operation that gives spaces gives any packet, without making its result.</summary>
    public static bool Any<T>(this Diagram diagram, T operation, int left, int right)
        where T : IBinaryOperation
    {
        // A reduced diagram that is not False holds a packet.
        if (operation.TryResolve(left, right, out int result) || diagram.Cache.TryGet(operation.Number, left, right, out result))
        {
            return result != Diagram.False;
        }

        if (!diagram.Cache.TryGet(-operation.Number, left, right, out result))
        {
            result = AnyOfChildren(diagram, operation, left, right) ? Diagram.True : Diagram.False;
            diagram.Cache.Set(-operation.Number, left, right, result);
        }

        return result != Diagram.False;
    }

    private static bool AnyOfChildren<T>(Diagram diagram, T operation, int left, int right)
        where T : IBinaryOperation
    {
        int level = Math.Min(diagram.Level(left), diagram.Level(right));
        EdgeWalk leftWalk = new(diagram, left, level);
        EdgeWalk rightWalk = new(diagram, right, level);
        for (int high = -1; high < 255;)
        {
            if (diagram.Any(operation, leftWalk.Child, rightWalk.Child))
            {
                return true;
            }

            high = Math.Min(leftWalk.High, rightWalk.High);
            leftWalk.Pass(high);
            rightWalk.Pass(high);
        }

        return false;
    }

    /// <summary>A way along a node's edges; of a node below the level along one edge that leads to itself.</summary>
    private ref struct EdgeWalk
    {
        private readonly ReadOnlySpan<uint> _edges;
        private int _index;
        private uint _current;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public EdgeWalk(Diagram diagram, int id, int level)
        {
            _edges = diagram.Level(id) == level ? diagram.Edges(id) : [];
            _current = _edges.IsEmpty ? Diagram.Edge(255, id) : _edges[0];
        }

        public readonly int High => Diagram.High(_current);

        public readonly int Child => Diagram.Child(_current);

        /// <summary>Goes to the next edge if the current one ends here and is not the last.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Pass(int high)
        {
            if (High == high && high < 255)
            {
                _current = _edges[++_index];
            }
        }
    }

    private readonly struct AndOperation : IBinaryOperation
    {
        public int Number => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            result = left == Diagram.False || right == Diagram.False ? Diagram.False
                : left == Diagram.True || left == right ? right : left;
            return left == right || left is Diagram.False or Diagram.True || right is Diagram.False or Diagram.True;
        }
    }

    private readonly struct OrOperation : IBinaryOperation
    {
        public int Number => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            result = left == Diagram.True || right == Diagram.True ? Diagram.True
                : left == Diagram.False || left == right ? right : left;
            return left == right || left is Diagram.False or Diagram.True || right is Diagram.False or Diagram.True;
        }
    }

    private readonly struct ExceptOperation : IBinaryOperation
    {
        public int Number => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            result = right == Diagram.False ? left : Diagram.False;
            return left == right || left == Diagram.False || right == Diagram.True || right == Diagram.False;
        }
    }
}
