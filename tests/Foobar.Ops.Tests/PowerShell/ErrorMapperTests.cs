using System.Management.Automation;
using System.Net.Sockets;
using System.Reflection;
using Foobar.Ops.Errors;
using Foobar.Ops.PowerShell.Failures;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class ErrorMapperTests
{
    public static TheoryData<Exception, string, ErrorCategory> Exceptions => new()
    {
        { Known(ErrorKind.InvalidInput), "SomeId", ErrorCategory.InvalidArgument },
        { Known(ErrorKind.NotFound), "SomeId", ErrorCategory.ObjectNotFound },
        { Known(ErrorKind.Connection), "SomeId", ErrorCategory.ConnectionError },
        { Known(ErrorKind.Authentication), "SomeId", ErrorCategory.AuthenticationError },
        { Known(ErrorKind.Permission), "SomeId", ErrorCategory.PermissionDenied },
        { Known(ErrorKind.Timeout), "SomeId", ErrorCategory.OperationTimeout },
        { Known(ErrorKind.InvalidData), "SomeId", ErrorCategory.InvalidData },
        { Known(ErrorKind.Refused), "SomeId", ErrorCategory.InvalidOperation },
        { Known(ErrorKind.Failed), "SomeId", ErrorCategory.NotSpecified },
        { new Errors.ParseException("web-01", "/proc/stat", 3, "expected a number"), "OutputNotUnderstood", ErrorCategory.InvalidData },
        { new OperationCanceledException(), "OperationStopped", ErrorCategory.OperationStopped },
        { new TaskCanceledException(), "OperationStopped", ErrorCategory.OperationStopped },
        { new TimeoutException(), "OperationTimeout", ErrorCategory.OperationTimeout },
        { new FileNotFoundException(), "FileNotFound", ErrorCategory.ObjectNotFound },
        { new DirectoryNotFoundException(), "FileNotFound", ErrorCategory.ObjectNotFound },
        { new UnauthorizedAccessException(), "FileAccessDenied", ErrorCategory.PermissionDenied },
        { new SocketException(111), "ConnectionFailed", ErrorCategory.ConnectionError },
        { new IOException("broken"), "InputOutputFailed", ErrorCategory.ReadError },
        { new ArgumentOutOfRangeException("x"), "ArgumentInvalid", ErrorCategory.InvalidArgument },
        { new InvalidOperationException("bug"), "InternalError", ErrorCategory.NotSpecified },
        { new FormatException("bug"), "InternalError", ErrorCategory.NotSpecified },
        { new AggregateException(Known(ErrorKind.Timeout)), "SomeId", ErrorCategory.OperationTimeout },
        { new AggregateException(
            new OperationCanceledException(), new AggregateException(
                Known(ErrorKind.Connection))), "SomeId", ErrorCategory.ConnectionError },
        { new TargetInvocationException(
            new AggregateException(new TimeoutException())), "OperationTimeout", ErrorCategory.OperationTimeout },
        { new TypeInitializationException("X", Known(ErrorKind.Refused)), "SomeId", ErrorCategory.InvalidOperation },
        { new AggregateException(), "InternalError", ErrorCategory.NotSpecified },
    };

    [Theory]
    [MemberData(nameof(Exceptions), DisableDiscoveryEnumeration = true)]
    public void Every_exception_has_an_id_a_category_and_a_recommendation(Exception exception, string id, ErrorCategory category)
    {
        ErrorDescription description = ErrorMapper.Describe(exception, "web-01");

        Assert.Equal(id, description.Id);
        Assert.Equal(category, description.Category);
        Assert.Equal("web-01", description.Target);
        Assert.NotEmpty(description.Message);
        Assert.NotEmpty(description.Recommendation);
        Assert.IsNotType<TargetInvocationException>(description.Exception);
    }

    [Fact]
    public void Every_kind_of_error_has_a_category_of_its_own_choice()
    {
        foreach (ErrorKind kind in Enum.GetValues<ErrorKind>().Where(kind => kind != ErrorKind.Failed))
        {
            Assert.NotEqual(ErrorCategory.NotSpecified, ErrorMapper.Describe(Known(kind)).Category);
        }
    }

    [Fact]
    public void An_error_s_own_server_and_recommendation_come_first()
    {
        FoobarException exception = new(
            "HostKeyChanged", ErrorKind.Authentication, "lb-01: changed") { Server = "lb-01", Recommendation = "Look." };

        ErrorDescription description = ErrorMapper.Describe(exception, "web-01");

        Assert.Equal("lb-01", description.Target);
        Assert.Equal("Look.", description.Recommendation);
        Assert.Equal("lb-01: changed", description.Message);
    }

    [Fact]
    public void A_foreign_exception_s_message_names_the_target() =>
        Assert.Equal("web-01: broken", ErrorMapper.Describe(new IOException("broken"), "web-01").Message);

    private static FoobarException Known(ErrorKind kind) => new("SomeId", kind, "what happened");
}
