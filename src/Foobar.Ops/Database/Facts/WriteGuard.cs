namespace Foobar.Ops.Database;

/// <summary>Whether a database server takes writes, now and after a restart.</summary>
public sealed record WriteGuard
{
    /// <summary><c>read_only</c> now.</summary>
    public required bool ReadOnly { get; init; }

    /// <summary><c>super_read_only</c> now; <see langword="null"/> on MariaDB, which has none.</summary>
    public bool? SuperReadOnly { get; init; }

    /// <summary>Whether the storage engine itself is read-only (<c>innodb_read_only</c>).</summary>
    public bool EngineReadOnly { get; init; }

    /// <summary><c>read_only</c> after a restart; <see langword="null"/> if what decides it could not be read.</summary>
    public bool? PersistedReadOnly { get; init; }

    /// <summary>
    /// <c>super_read_only</c> after a restart; <see langword="null"/> on MariaDB, or if what decides it could not be read.
    /// </summary>
    public bool? PersistedSuperReadOnly { get; init; }

    /// <summary>Whether an ordinary account can write now.</summary>
    public bool TakesWrites => !ReadOnly && !EngineReadOnly;

    /// <param name="variables">The system variables.</param>
    /// <param name="persisted">MySQL's <c>mysqld-auto.cnf</c> by name; empty where there is none.</param>
    /// <param name="options">What the server would be started with, last one of a name wins; <see langword="null"/> if unknown.</param>
    internal static WriteGuard From(ServerVariables variables, IReadOnlyDictionary<string, string> persisted, ServerOptions? options)
    {
        bool? superNow = variables.Flag("super_read_only");
        bool? superLater = superNow is null ? null : AfterRestart("super_read_only");
        bool? later = AfterRestart("read_only");
        return new()
        {
            ReadOnly = ServerVariables.IsOn(variables.Require("read_only")),
            SuperReadOnly = superNow,
            EngineReadOnly = variables.Flag("innodb_read_only") == true,

            // super_read_only switches read_only on with it.
            PersistedReadOnly = superLater == true ? true : later,
            PersistedSuperReadOnly = superLater,
        };

        bool? AfterRestart(string name) =>
            persisted.TryGetValue(name, out string? value) ? ServerVariables.IsOn(value) : options?.Flag(name);
    }
}
