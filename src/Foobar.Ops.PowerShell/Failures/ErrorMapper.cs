using System.Management.Automation;
using System.Net.Sockets;
using System.Reflection;
using Foobar.Ops.Errors;

namespace Foobar.Ops.PowerShell.Failures;

/// <summary>The one place that says what error record an exception becomes.</summary>
internal static class ErrorMapper
{
    /// <summary>Describes an exception as an error of a target.</summary>
    /// <param name="exception">Any exception, wrapped or not.</param>
    /// <param name="target">What the work was on; the exception's own server comes first.</param>
    public static ErrorDescription Describe(Exception exception, object? target = null)
    {
        Exception cause = Unwrap(exception);
        return cause is FoobarException known
            ? new(
                known, known.ErrorId, CategoryOf(known.Kind), known.Server ?? target, known.Message,
                known.Recommendation ?? RecommendationOf(known.Kind))
            : Describe(cause, target, Classify(cause));
    }

    /// <summary>Takes an exception out of the wrappings that tasks and reflection put around it.</summary>
    internal static Exception Unwrap(Exception exception) => exception switch
    {
        // Of several failures the cancellations are the consequence; the first other one is the cause.
        AggregateException { InnerExceptions.Count: > 0 } many =>
            Unwrap(many.Flatten().InnerExceptions.OrderBy(inner => inner is OperationCanceledException).First()),
        TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        TypeInitializationException { InnerException: { } inner } => Unwrap(inner),
        _ => exception,
    };

    private static ErrorDescription Describe(
        Exception cause, object? target, (string Id, ErrorCategory Category, string Recommendation) kind) =>
        new(cause, kind.Id, kind.Category, target, target is null ? cause.Message : $"{target}: {cause.Message}", kind.Recommendation);

    private static (string Id, ErrorCategory Category, string Recommendation) Classify(Exception cause) => cause switch
    {
        OperationCanceledException =>
            ("OperationStopped", ErrorCategory.OperationStopped, "Run the command again if it was not you who stopped it."),
        TimeoutException => ("OperationTimeout", ErrorCategory.OperationTimeout, RecommendationOf(ErrorKind.Timeout)),
        FileNotFoundException or DirectoryNotFoundException => ("FileNotFound", ErrorCategory.ObjectNotFound, "Check the path."),
        UnauthorizedAccessException => ("FileAccessDenied", ErrorCategory.PermissionDenied, "Check who may read and write the file."),
        SocketException => ("ConnectionFailed", ErrorCategory.ConnectionError, RecommendationOf(ErrorKind.Connection)),
        IOException => ("InputOutputFailed", ErrorCategory.ReadError, "Check the path, the free space and the connection."),
        ArgumentException => ("ArgumentInvalid", ErrorCategory.InvalidArgument, RecommendationOf(ErrorKind.InvalidInput)),
        _ =>
            ("InternalError", ErrorCategory.NotSpecified, "This is a defect of Foobar.Ops: please report it with the output of Get-Error."),
    };

    private static ErrorCategory CategoryOf(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidInput => ErrorCategory.InvalidArgument,
        ErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        ErrorKind.Connection => ErrorCategory.ConnectionError,
        ErrorKind.Authentication => ErrorCategory.AuthenticationError,
        ErrorKind.Permission => ErrorCategory.PermissionDenied,
        ErrorKind.Timeout => ErrorCategory.OperationTimeout,
        ErrorKind.InvalidData => ErrorCategory.InvalidData,
        ErrorKind.Refused => ErrorCategory.InvalidOperation,
        _ => ErrorCategory.NotSpecified,
    };

    private static string RecommendationOf(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidInput => "Correct the value that the message names.",
        ErrorKind.NotFound => "Check the name; tab completion lists what there is.",
        ErrorKind.Connection => "Check that the server is up and that ssh to it works from this machine.",
        ErrorKind.Authentication => "Check the identity and the host key with ssh from this machine.",
        ErrorKind.Permission => "Give the login the right that the message names, or use another login.",
        ErrorKind.Timeout => "Raise -TimeoutSeconds, or run with -Verbose to see what takes so long.",
        ErrorKind.InvalidData => "Run the command the message names on the server; if its output is sound, please report it.",
        ErrorKind.Refused => "Put right what the message names, then run the command again.",
        _ => "See the message; Get-Error shows the whole cause.",
    };
}
