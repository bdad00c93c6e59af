using Foobar.Ops.Errors;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services;

/// <summary>What queries of all services share.</summary>
internal static class ServiceQueries
{
    /// <summary>The error for a query that the service refused in an answer that is a success for HTTP.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="said">The service's own words.</param>
    /// <param name="isTransient">Whether the same query may succeed later.</param>
    public static ServiceException Refused(ServiceRequest request, string said, bool isTransient = false) =>
        new(
            "ServiceQueryFailed",
            ErrorKind.InvalidInput,
            request.Service,
            $"{request.Shown}: the query failed: {(said.Length > 0 ? request.WithoutSecrets(said) : "the service does not say why")}")
        {
            IsTransient = isTransient,
            Recommendation = "Try the query in the service's own console, and correct it in the inventory.",
        };
}
