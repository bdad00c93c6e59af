using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Services.Http;

/// <summary>
/// The one way to a monitoring service. Certificates are verified, redirects are not followed (they would carry keys
/// elsewhere), answers are bounded in time and size, and every failure is a <see cref="ServiceException"/>.
/// </summary>
internal sealed class ServiceHttp : IDisposable
{
    private const int Excerpt = 300;

    private readonly ServiceHttpOptions _options;
    private readonly HttpClient _client;

    /// <summary>A client.</summary>
    /// <exception cref="FoobarException"><c>AuthoritiesUnreadable</c>.</exception>
    public ServiceHttp(ServiceHttpOptions options)
    {
        _options = options;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = options.TimeLimit,

            // Sumo Logic's search jobs are kept by cookies ("About the Search Job API").
            UseCookies = true,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = ChainPolicy(options.TrustedAuthorities) },
        };
        _client = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("Foobar.Ops");
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Asks, and again with a growing wait while the failure is one that may pass. The answer is a success.</summary>
    /// <exception cref="ServiceException">The last failure.</exception>
    public Task<ServiceAnswer> AskAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        RetryPlan plan = new()
        {
            Repetitions = _options.Repetitions,
            FirstWait = _options.FirstWait,
            Patience = _options.Patience,
            Time = _options.Time,
            MayRepeat = failure =>
                failure is ServiceException { IsTransient: true } error && (request.IsRepeatable || !error.MayHaveArrived),
            WaitOf = static failure => (failure as ServiceException)?.RetryAfter,
        };
        return LoadedDrivers.Retry.RunAsync(plan, token => RequireAsync(request, token), cancellationToken);
    }

    /// <summary>Asks once. Whatever the service answers is given back.</summary>
    /// <exception cref="ServiceException">No whole answer came.</exception>
    public async Task<ServiceAnswer> SendAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        _options.Log?.Record(new Activity(
            DateTimeOffset.UtcNow, request.Service, ActivityKind.Request, $"{request.Method} {request.Shown} {request.Purpose}".TrimEnd()));
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.TimeLimit);
        try
        {
            using HttpRequestMessage message = request.ToMessage();
            using HttpResponseMessage response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            byte[] body = await ReadAsync(request, response, limit.Token);
            return new ServiceAnswer(
                request, (int)response.StatusCode, body) { RetryAfter = Wait(response), Location = response.Headers.Location };
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServiceException(
                "ServiceTimeout",
                ErrorKind.Timeout,
                request.Service,
                string.Create(
                    CultureInfo.InvariantCulture, $"{request.Shown}: no whole answer within {_options.TimeLimit.TotalSeconds:0.#} s."),
                error)
            {
                IsTransient = true,
                MayHaveArrived = true,
                Recommendation = "See whether the service is up and reachable from here; raise -TimeoutSeconds for a long query.",
            };
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw Failed(request, error);
        }
    }

    /// <summary>The error for an answer that is no success.</summary>
    public static ServiceException Refused(ServiceAnswer answer)
    {
        ServiceRequest request = answer.Request;
        string said = request.WithoutSecrets(OneLine(answer.Text));
        string what =
            $"{request.Shown}: the answer has status "
                + $"{answer.Status.ToString(CultureInfo.InvariantCulture)}{(said.Length == 0 ? "." : said[^1] is '.' or '}' or '>' ? $": {said}" : $": {said}.")}";
        return answer.Status switch
        {
            401 or 403 => new("ServiceLoginRefused", ErrorKind.Authentication, request.Service, what)
            {
                Status = answer.Status,
                Recommendation =
                    "Give a key of this service that may do this, by -ServiceCredential or by the vault entry that the inventory names; "
                        + "see that the service's site (region) is that of the key.",
            },
            404 => new("ServiceNotFound", ErrorKind.NotFound, request.Service, what)
            {
                Status = answer.Status,
                Recommendation = "Check the service's address in the inventory; an API below a path needs that path in it.",
            },
            429 => new("ServiceThrottled", ErrorKind.Refused, request.Service, what)
            {
                Status = answer.Status,
                RetryAfter = answer.RetryAfter,
                IsTransient = IsTransient(answer),
                Recommendation = "Ask or send less often; the service limits how much a key may.",
            },
            408 or >= 500 => new("ServiceFailed", ErrorKind.Failed, request.Service, what)
            {
                Status = answer.Status,
                RetryAfter = answer.RetryAfter,
                IsTransient = IsTransient(answer),
                MayHaveArrived = true,
                Recommendation = "The service has a failure of its own: see its status page or log, and try again later.",
            },
            >= 300 and < 400 => new(
                "ServiceElsewhere",
                ErrorKind.InvalidInput,
                request.Service,
                $"{request.Shown}: the answer points elsewhere "
                    + $"({answer.Status.ToString(CultureInfo.InvariantCulture)}{Elsewhere(answer)}), which is not followed, since the key "
                    + "would go there too.")
            {
                Status = answer.Status,
                Recommendation = "Declare the address that it points to, if that is the service's own.",
            },
            _ => new("ServiceRequestRefused", ErrorKind.InvalidInput, request.Service, what)
            {
                Status = answer.Status,
                Recommendation = "Correct the query or the value that the service names.",
            },
        };
    }

    /// <summary>The error for an answer that does not keep the service's published format.</summary>
    public static ServiceException NotUnderstood(ServiceRequest request, string expected, Exception? cause = null) =>
        new("ServiceAnswerNotUnderstood", ErrorKind.InvalidData, request.Service, $"{request.Shown}: {expected}", cause)
        {
            Recommendation =
                "See that the address is that of the service's API and not of a login page before it; if so, please report it.",
        };

    private async Task<ServiceAnswer> RequireAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        ServiceAnswer answer = await SendAsync(request, cancellationToken);
        return answer.IsSuccess ? answer : throw Refused(answer);
    }

    private async Task<byte[]> ReadAsync(ServiceRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using MemoryStream whole = new();
        byte[] buffer = new byte[64 * 1024];
        for (int count; (count = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (whole.Length + count > _options.MaximumBytes)
            {
                throw new ServiceException(
                    "ServiceAnswerTooLarge",
                    ErrorKind.InvalidData,
                    request.Service,
                    string.Create(
                        CultureInfo.InvariantCulture, $"{request.Shown}: the answer is larger than {_options.MaximumBytes:N0} bytes."))
                {
                    Status = (int)response.StatusCode,
                    Recommendation = "Ask for less: a shorter time, a coarser step, fewer series.",
                };
            }

            await whole.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        return whole.ToArray();
    }

    /// <summary>The wait that is asked for: <c>Retry-After</c> (RFC 9110, 10.2.3), or Datadog's seconds to the end of the period.</summary>
    private TimeSpan? Wait(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _options.Time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero,
        _ when response.StatusCode == HttpStatusCode.TooManyRequests
            && response.Headers.TryGetValues("X-RateLimit-Reset", out IEnumerable<string>? values)
            && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            => TimeSpan.FromSeconds(seconds),
        _ => null,
    };

    private static ServiceException Failed(ServiceRequest request, Exception error)
    {
        if (Chain(error).OfType<AuthenticationException>().FirstOrDefault() is { } tls)
        {
            return new ServiceException(
                "ServiceCertificateRefused",
                ErrorKind.Authentication,
                request.Service,
                $"{request.Shown}: TLS failed: {request.WithoutSecrets(tls.Message)}",
                error)
            {
                Recommendation =
                    "Nothing was sent. Name the authority's file with trustedAuthorities at the service in the inventory if the service "
                        + "has a certificate of your own.",
            };
        }

        // A connection that was never made can't have carried the request; any other may.
        bool arrived = error is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError
            or HttpRequestError.ProxyTunnelError };
        string reason = request.WithoutSecrets(string.Join(": ", Chain(error).Select(static one => one.Message.TrimEnd('.')).Distinct()));
        return new ServiceException(
            "ServiceUnreachable",
            ErrorKind.Connection,
            request.Service,
            $"{request.Shown}: {(arrived ? "the connection broke" : "no connection")}: {reason}.",
            error)
        {
            IsTransient = true,
            MayHaveArrived = arrived,
            Recommendation = "See whether the service is up, and whether this machine reaches it (name, firewall, proxy).",
        };
    }

    private static IEnumerable<Exception> Chain(Exception error)
    {
        for (Exception? one = error; one is not null; one = one.InnerException)
        {
            yield return one;
        }
    }

    private static bool IsTransient(ServiceAnswer answer) =>
        answer.Request.TransientStatuses?.Contains(answer.Status) ?? answer.Status is 408 or 429 or (>= 500 and not (501 or 505));

    private static string Elsewhere(ServiceAnswer answer) => answer.Location is { } location
        ? $", {answer.Request.WithoutSecrets((location.IsAbsoluteUri ? location : new Uri(answer.Request.Address, location)).GetLeftPart(UriPartial.Path))}"
        : string.Empty;

    private static string OneLine(string text)
    {
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > Excerpt ? $"{line[..Excerpt]}..." : line;
    }

    private static X509ChainPolicy? ChainPolicy(string? authorities)
    {
        if (authorities is null)
        {
            return null;
        }

        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(authorities);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Unreadable(authorities, error.Message, error);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw Unreadable(authorities, "it holds no certificate in PEM form");
    }

    private static FoobarException Unreadable(string path, string reason, Exception? error = null) =>
        new(
            "AuthoritiesUnreadable",
            ErrorKind.InvalidInput,
            $"{path}: the trusted authorities of a monitoring service can't be read: {reason}",
            error)
        {
            Recommendation =
                "Give a file with the authorities' certificates in PEM form in trustedAuthorities, or leave it out to trust the system's store.",
        };
}
