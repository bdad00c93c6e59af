using Foobar.Ops.Operations.Replication.Rejoin;

namespace Foobar.Ops.Tests.Operations.Replication.Rejoin;

/// <summary>What is quoted of a database's error log.</summary>
public sealed class ErrorLogTests
{
    [Fact]
    public void The_last_start_that_had_errors_is_quoted()
    {
        const string Text = """
            2026-11-20T10:00:00.1Z 0 [ERROR] [MY-000001] [Server] long ago
            2026-11-20T11:00:00.1Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 9.1.0) starting as process 7
            2026-11-20T11:00:00.2Z 1 [ERROR] [MY-012592] [InnoDB] Operating system error number 18 in a file operation.
            2026-11-20T11:00:00.3Z 1 [Note] [MY-012593] [InnoDB] nothing
            2026-11-20T11:00:00.4Z 1 [ERROR] [MY-010020] [Server] Data Dictionary initialization failed.
            2026-11-20T11:00:01.1Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 9.1.0) starting as process 8
            """;
        Assert.Collection(
            ErrorLog.Last(Text),
            first => Assert.Contains("error number 18", first, StringComparison.Ordinal),
            second => Assert.Contains("initialization failed", second, StringComparison.Ordinal));
    }

    [Fact]
    public void A_crash_is_an_error_and_MariaDBs_start_is_known()
    {
        string text =
            "2026-11-20 10:00:00 0 [ERROR] old\n2026-11-20 11:00:00 0 [Note] Starting MariaDB 10.11.6-MariaDB source revision fecd78b as "
                + "process 9\n261120 11:00:01 [ERROR] mysqld got signal 6 ;\n"
                + new string('x', 10);
        Assert.Equal("261120 11:00:01 [ERROR] mysqld got signal 6 ;", Assert.Single(ErrorLog.Last(text)));
    }

    [Fact]
    public void Nothing_is_quoted_of_a_log_without_errors() =>
        Assert.Empty(ErrorLog.Last("starting as process 7\nready for connections\n"));
}
