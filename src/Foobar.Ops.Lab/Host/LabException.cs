using Foobar.Ops.Errors;

namespace Foobar.Ops.Lab.Host;

/// <summary>The lab could not do what was asked; the message says why, the recommendation what to do.</summary>
internal sealed class LabException(string errorId, ErrorKind kind, string message, Exception? innerException = null)
    : FoobarException(errorId, kind, message, innerException)
{
    /// <summary>The id of the error that no package mirror could be reached.</summary>
    public const string NoMirror = "LabMirrorUnreachable";

    /// <summary>The machine or the lab is not in a state for it.</summary>
    public static LabException Refused(string message, string recommendation) =>
        new("LabRefused", ErrorKind.Refused, message) { Recommendation = recommendation };

    /// <summary>A step began and could not be finished.</summary>
    public static LabException Failed(string message, string? recommendation = null, Exception? cause = null) =>
        new("LabFailed", ErrorKind.Failed, message, cause) { Recommendation = recommendation };

    /// <summary>Something named does not exist.</summary>
    public static LabException NotFound(string message, string recommendation) =>
        new("LabNotFound", ErrorKind.NotFound, message) { Recommendation = recommendation };
}
