using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;

namespace Foobar.Ops.Tests.Database;

public sealed class MySqlGtidSetTests
{
    private const string A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string B = "4350f323-7565-4e59-8763-4b1b83a0ce0e";

    private static readonly Gen<MySqlGtidSet> AnySet =
        from parts in Gen.ListOf(
            from server in Gen.Elements(A, B)
            from tag in Gen.Elements("", "", ":red", ":_x9")
            from first in Gen.Choose(1, 30)
            from length in Gen.Choose(0, 6)
            select $"{server}{tag}:{first}-{first + length}")
        select MySqlGtidSet.Parse(string.Join(",\n", parts));

    [Theory]
    [InlineData("", "")]
    [InlineData(A + ":5", A + ":5")]
    [InlineData(A + ":1-3:11:47-49", A + ":1-3:11:47-49")]
    [InlineData(A + ":1-3:4-5", A + ":1-5")]
    [InlineData(B + ":9,\n" + A + ":2:1", A + ":1-2," + B + ":9")]
    [InlineData("3E11FA47-71CA-11E1-9E33-C80AA9429562:1-3:Red:4-5:blue:7", A + ":1-3:blue:7:red:4-5")]
    [InlineData(A + ":red:1-3, " + A + ":1", A + ":1:red:1-3")]
    [InlineData(A + ":9-3", "")]
    [InlineData(A + ":1-9223372036854775806", A + ":1-9223372036854775806")]
    public void Reads_what_the_server_writes_and_orders_it(string written, string canonical) =>
        Assert.Equal(canonical, MySqlGtidSet.Parse(written).ToString());

    [Theory]
    [InlineData("x")]
    [InlineData(A)]
    [InlineData(A + ":")]
    [InlineData(A + ":0")]
    [InlineData(A + ":1-")]
    [InlineData(A + ":-1")]
    [InlineData(A + ":red")]
    [InlineData(A + ":1:red")]
    [InlineData(A + ":9223372036854775807")]
    [InlineData("0-1-42")]
    public void Refuses_what_is_no_set(string text)
    {
        Assert.False(MySqlGtidSet.TryParse(text, out _));
        Assert.Contains("GTID set", Assert.Throws<FormatException>(() => MySqlGtidSet.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_an_errant_transaction_among_many()
    {
        MySqlGtidSet replica = MySqlGtidSet.Parse($"{A}:1-90,{B}:1-3:7");
        MySqlGtidSet primary = MySqlGtidSet.Parse($"{A}:1-100,{B}:1-3");
        Assert.Equal($"{B}:7", replica.Subtract(primary).ToString());
        Assert.Equal(10, primary.Subtract(replica).Count);
    }

    [Fact]
    public void Written_and_read_again_a_set_is_the_same() => Prop.ForAll(
        AnySet.ToArbitrary(), set => MySqlGtidSet.Parse(set.ToString()).Equals(set)).CheckSeeded();

    [Fact]
    public void Sets_obey_the_laws_of_sets() => Prop.ForAll(AnySet.ToArbitrary(), AnySet.ToArbitrary(), (a, b) =>
    {
        Assert.Equal(a.Union(b), b.Union(a));
        Assert.True(a.Union(b).Contains(a));
        Assert.True(a.Contains(a.Intersect(b)));
        Assert.True(a.Subtract(b).Intersect(b).IsEmpty);
        Assert.Equal(a, a.Subtract(b).Union(a.Intersect(b)));
        Assert.Equal(a.Count + b.Count, a.Union(b).Count + a.Intersect(b).Count);
        Assert.Equal(a.Contains(b) && b.Contains(a), a.Equals(b));
    }).CheckSeeded();

    [Fact]
    public void Difference_agrees_with_counting_one_by_one() => Prop.ForAll(AnySet.ToArbitrary(), AnySet.ToArbitrary(), (a, b) =>
        OneByOne(a).Except(OneByOne(b)).ToHashSet().SetEquals(OneByOne(a.Subtract(b)))).CheckSeeded();

    [Fact]
    public void Any_text_is_a_set_or_is_refused() => ParserProperties.TakesOrRefusesAnyText(
        text =>
        {
            if (MySqlGtidSet.TryParse(text, out MySqlGtidSet? set))
            {
                Assert.Equal(set, MySqlGtidSet.Parse(set.ToString()));
            }

            return set;
        },
        $"{A}:1-3:5:7-9,\n{B}:4:backup:1-2:8");

    private static IEnumerable<string> OneByOne(MySqlGtidSet set) =>
        from source in set.Sources
        from interval in source.Value
        from number in Enumerable.Range((int)interval.First, (int)(interval.Last - interval.First + 1))
        select $"{source.Key.Server}:{source.Key.Tag}:{number}";
}

public sealed class MariaDbGtidStateTests
{
    private static readonly Gen<MariaDbGtidState> AnyState =
        from gtids in Gen.ListOf(
            from domain in Gen.Choose(0, 2)
            from server in Gen.Choose(1, 3)
            from sequence in Gen.Choose(1, 50)
            select $"{domain}-{server}-{sequence}")
        select MariaDbGtidState.Parse(string.Join(',', gtids));

    [Theory]
    [InlineData("", "")]
    [InlineData("0-1-42", "0-1-42")]
    [InlineData("0-2-50, 0-1-42,1-1-3", "0-1-42,0-2-50,1-1-3")]
    [InlineData("0-1-42,0-1-43", "0-1-43")]
    [InlineData("4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615")]
    public void Reads_positions_and_states(string written, string canonical) =>
        Assert.Equal(canonical, MariaDbGtidState.Parse(written).ToString());

    [Theory]
    [InlineData("0-1")]
    [InlineData("0-1-")]
    [InlineData("0-1-2-3")]
    [InlineData("-1-2-3")]
    [InlineData("4294967296-1-1")]
    [InlineData("3e11fa47-71ca-11e1-9e33-c80aa9429562:1")]
    public void Refuses_what_is_none(string text)
    {
        Assert.False(MariaDbGtidState.TryParse(text, out _));
        Assert.Throws<FormatException>(() => MariaDbGtidState.Parse(text));
    }

    [Fact]
    public void Tells_a_backlog_from_an_errant_transaction()
    {
        MariaDbGtidState primary = MariaDbGtidState.Parse("0-1-120,0-2-100");
        MariaDbGtidState behind = MariaDbGtidState.Parse("0-1-110,0-2-100");
        MariaDbGtidState errant = MariaDbGtidState.Parse("0-1-110,0-2-111");
        Assert.Empty(behind.Beyond(primary));
        Assert.Equal(10UL, primary.Ahead(behind));
        Assert.Equal("0-2-111", Assert.Single(errant.Beyond(primary)).ToString());
    }

    [Fact]
    public void A_dead_primarys_unsent_transactions_are_beyond_the_new_one()
    {
        MariaDbGtidState old = MariaDbGtidState.Parse("0-1-105");
        MariaDbGtidState promoted = MariaDbGtidState.Parse("0-1-103,0-2-110");
        Assert.Equal("0-1-105", Assert.Single(old.Beyond(promoted)).ToString());
        Assert.True(promoted.Reaches(old), "sequence numbers alone would hide the loss");
    }

    [Fact]
    public void States_obey_the_laws_of_a_join() => Prop.ForAll(AnyState.ToArbitrary(), AnyState.ToArbitrary(), (a, b) =>
    {
        Assert.Equal(a.Union(b), b.Union(a));
        Assert.True(a.Union(b).Contains(a));
        Assert.True(a.Union(b).Reaches(b));
        Assert.Equal(a.Contains(b), a.Union(b).Equals(a));
        Assert.Equal(a, MariaDbGtidState.Parse(a.ToString()));
        Assert.Equal(0UL, a.Ahead(a));
        Assert.Equal(a.Ahead(b), a.Union(b).Ahead(b));
    }).CheckSeeded();

    [Fact]
    public void Any_text_is_a_state_or_is_refused() => ParserProperties.TakesOrRefusesAnyText(
        text =>
        {
            if (MariaDbGtidState.TryParse(text, out MariaDbGtidState? state))
            {
                Assert.Equal(state, MariaDbGtidState.Parse(state.ToString()));
            }

            return state;
        },
        "0-43-7,0-44-9, 1-43-2");
}

public sealed class GtidComparisonTests
{
    private const string A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string B = "4350f323-7565-4e59-8763-4b1b83a0ce0e";

    [Theory]
    [InlineData(DatabaseFlavor.MySql, A + ":1-90," + B + ":1-3", A + ":1-90", true)]
    [InlineData(DatabaseFlavor.MySql, A + ":1-89:91", A + ":1-90", false)]
    [InlineData(DatabaseFlavor.MySql, "", A + ":1", false)]
    [InlineData(DatabaseFlavor.MariaDb, "0-2-90", "0-1-90", true)]
    [InlineData(DatabaseFlavor.MariaDb, "0-1-91,1-1-4", "0-1-90,1-2-4", true)]
    [InlineData(DatabaseFlavor.MariaDb, "0-1-91", "0-1-90,1-2-4", false)]
    [InlineData(DatabaseFlavor.MariaDb, "0-1-89", "0-1-90", false)]
    [InlineData(DatabaseFlavor.MariaDb, "", "0-1-90", false)]
    public void Tells_whether_a_position_is_reached(DatabaseFlavor flavor, string applied, string position, bool reached) =>
        Assert.Equal(reached, GtidComparison.Reaches(flavor, applied, position));
}
