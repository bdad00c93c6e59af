using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads what a member says of the last operation.</summary>
internal static class OperationMarkReader
{
    // ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE
    private const int NoDatabase = 1049;
    private const int NoTable = 1146;

    /// <summary>Reads it; <see langword="null"/> if there never was one.</summary>
    /// <exception cref="FoobarException">The member could not be asked, or the row is not understood.</exception>
    public static async Task<OperationMark?> ReadAsync(IDatabaseSession member, CancellationToken cancellationToken)
    {
        try
        {
            return await member.QueryAsync(ReplicationQueries.Operation, null, cancellationToken) is [{ } row]
                ? OperationMark.From(row, member.Server)
                : null;
        }
        catch (DatabaseException error) when (error.Number is NoDatabase or NoTable)
        {
            return null;
        }
    }
}
