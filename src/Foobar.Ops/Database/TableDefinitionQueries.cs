namespace Foobar.Ops.Database;

/// <summary>
/// What tables consist of, each aspect as a digest that the server computes: one row per table and aspect, and one per key. A
/// digest is the number of the parts and the XOR of their hashes, so that no length limits it (<c>group_concat_max_len</c>
/// would cut a GROUP_CONCAT). Sources: MySQL and MariaDB manuals, "INFORMATION_SCHEMA Tables".
/// </summary>
internal static class TableDefinitionQueries
{
    private const string Foreign = "NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema', 'ndbinfo')";

    private const string HashStart = "CONCAT(COUNT(*), ' ', BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', ";
    private const string HashEnd = "), 256), 15), 16, 10) AS UNSIGNED)))";

    // QUOTE keeps the parts apart whatever they hold, and tells NULL from a text. An index whose parts are in another order
    // still keeps the same rows unique, so that columns is without it.
    private const string KeyParts = "NON_UNIQUE, INDEX_TYPE, SEQ_IN_INDEX, QUOTE(COLUMN_NAME), QUOTE(SUB_PART), QUOTE(COLLATION)";

    private const string Start = $"""
        SELECT 'engine' AS aspect, TABLE_SCHEMA AS s, TABLE_NAME AS t, NULL AS item, CONCAT_WS(' ', ENGINE, NULLIF(TABLE_TYPE, 'BASE TABLE')) AS digest, NULL AS columns
          FROM information_schema.TABLES WHERE TABLE_TYPE NOT LIKE '%VIEW' AND TABLE_SCHEMA {Foreign}
        UNION ALL SELECT 'columns', TABLE_SCHEMA, TABLE_NAME, NULL, {HashStart}QUOTE(COLUMN_NAME), ORDINAL_POSITION, COLUMN_TYPE, IS_NULLABLE, QUOTE(COLUMN_DEFAULT), QUOTE(COLLATION_NAME), QUOTE(EXTRA), QUOTE(GENERATION_EXPRESSION){HashEnd}, NULL
          FROM information_schema.COLUMNS WHERE TABLE_SCHEMA {Foreign} GROUP BY TABLE_SCHEMA, TABLE_NAME
        UNION ALL SELECT 'foreign keys', s, t, NULL, {HashStart}part{HashEnd}, NULL FROM (
          SELECT CONSTRAINT_SCHEMA AS s, TABLE_NAME AS t, CONCAT_WS(',', QUOTE(CONSTRAINT_NAME), MATCH_OPTION, UPDATE_RULE, DELETE_RULE) AS part
            FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {Foreign}
          UNION ALL SELECT TABLE_SCHEMA, TABLE_NAME, CONCAT_WS(',', QUOTE(CONSTRAINT_NAME), ORDINAL_POSITION, QUOTE(COLUMN_NAME), QUOTE(REFERENCED_TABLE_SCHEMA), QUOTE(REFERENCED_TABLE_NAME), QUOTE(REFERENCED_COLUMN_NAME))
            FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_SCHEMA {Foreign}) f GROUP BY s, t
        UNION ALL SELECT 'partitions', TABLE_SCHEMA, TABLE_NAME, NULL, {HashStart}QUOTE(PARTITION_NAME), QUOTE(SUBPARTITION_NAME), PARTITION_ORDINAL_POSITION, QUOTE(SUBPARTITION_ORDINAL_POSITION), QUOTE(PARTITION_METHOD), QUOTE(SUBPARTITION_METHOD), QUOTE(PARTITION_EXPRESSION), QUOTE(SUBPARTITION_EXPRESSION), QUOTE(PARTITION_DESCRIPTION){HashEnd}, NULL
          FROM information_schema.PARTITIONS WHERE PARTITION_NAME IS NOT NULL AND TABLE_SCHEMA {Foreign} GROUP BY TABLE_SCHEMA, TABLE_NAME
        """;

    /// <summary>
    /// The statement for MySQL 8.0.16 and later. A CHECK constraint's table and its clause are in two views, which are put together
    /// by grouping: a join of the two takes minutes on thousands of tables.
    /// </summary>
    public const string MySql = $"""
        {Start}
        UNION ALL SELECT 'key', TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, {HashStart}{KeyParts}, QUOTE(EXPRESSION), IS_VISIBLE{HashEnd},
            IF(MAX(NON_UNIQUE) = 0, {HashStart}QUOTE(COLUMN_NAME), QUOTE(SUB_PART), QUOTE(EXPRESSION){HashEnd}, NULL)
          FROM information_schema.STATISTICS WHERE TABLE_SCHEMA {Foreign} GROUP BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME
        UNION ALL SELECT 'check constraints', s, t, NULL, {HashStart}QUOTE(name), enforced, QUOTE(clause){HashEnd}, NULL FROM (
          SELECT s, MAX(t) AS t, name, MAX(enforced) AS enforced, MAX(clause) AS clause FROM (
            SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, CONSTRAINT_NAME AS name, ENFORCED AS enforced, NULL AS clause
              FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_TYPE = 'CHECK' AND TABLE_SCHEMA {Foreign}
            UNION ALL SELECT CONSTRAINT_SCHEMA, NULL, CONSTRAINT_NAME, NULL, CHECK_CLAUSE
              FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {Foreign}) n GROUP BY s, name) c
          WHERE t IS NOT NULL GROUP BY s, t
        """;

    /// <summary>The statement for MariaDB 10.6 and later, which has no indexes on expressions.</summary>
    public const string MariaDb = $"""
        {Start}
        UNION ALL SELECT 'key', TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, {HashStart}{KeyParts}, IGNORED{HashEnd},
            IF(MAX(NON_UNIQUE) = 0, {HashStart}QUOTE(COLUMN_NAME), QUOTE(SUB_PART){HashEnd}, NULL)
          FROM information_schema.STATISTICS WHERE TABLE_SCHEMA {Foreign} GROUP BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME
        UNION ALL SELECT 'check constraints', CONSTRAINT_SCHEMA, TABLE_NAME, NULL, {HashStart}QUOTE(CONSTRAINT_NAME), LEVEL, QUOTE(CHECK_CLAUSE){HashEnd}, NULL
          FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {Foreign} GROUP BY CONSTRAINT_SCHEMA, TABLE_NAME
        """;

    /// <summary>The statement for a server of this kind.</summary>
    public static string Of(bool isMariaDb) => isMariaDb ? MariaDb : MySql;

    /// <summary>
    /// The same, which the server ends after 10 s: an emergency waits for it, and on many thousands of tables it takes long (MySQL
    /// Reference Manual, "Optimizer Hints"; MariaDB, "SET STATEMENT").
    /// </summary>
    public static string Bounded(bool isMariaDb) => isMariaDb
        ? $"SET STATEMENT max_statement_time = 10 FOR {MariaDb}"
        : $"SELECT /*+ MAX_EXECUTION_TIME(10000) */{MySql["SELECT".Length..]}";
}
