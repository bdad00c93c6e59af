using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services.Sending;

/// <summary>
/// Sends batches to a service, at least once: each is in the spool before it is sent, and leaves it when the service took it.
/// One may be taken twice where an answer was lost and the service knows no ids.
/// </summary>
/// <param name="http">The way there.</param>
/// <param name="service">The service.</param>
/// <param name="format">Its format.</param>
/// <param name="keys">Its keys.</param>
/// <param name="spool">What waits for it.</param>
/// <param name="time">The clock.</param>
internal sealed class Delivery(
    ServiceHttp http, MonitoringService service, ReceiverFormat format, IReadOnlyList<ServiceKey> keys, Spool spool, TimeProvider time)
{
    /// <summary>How long a batch may wait for a service that takes entries of any age.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(7);

    private readonly Uri _root = ServiceAccess.AddressToSend(service, keys);
    private readonly ServiceLogin? _login = ServiceAccess.LoginToSend(service, keys);
    private readonly List<FoobarException> _errors = [];
    private long _sent, _refused, _givenUp;
    private int _requests;

    /// <summary>Sends new batches, after those that wait since earlier.</summary>
    /// <returns>What became of them, and why some of them are not with the service.</returns>
    /// <exception cref="FoobarException"><c>SpoolUnusable</c>: nothing was sent.</exception>
    public async Task<(SendResult Result, IReadOnlyList<FoobarException> Errors)> SendAsync(
        IEnumerable<OutgoingBatch> batches, CancellationToken cancellationToken)
    {
        foreach (OutgoingBatch batch in batches)
        {
            if (spool.Keep(batch, time.GetUtcNow()) is > 0 and int gaveWay)
            {
                _givenUp += gaveWay;
                _errors.Add(
                    new ServiceException(
                        "SpoolFull", ErrorKind.Failed, service.Name,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"the spool {spool.Folder} is full: {gaveWay} older entries gave way to new ones and are lost."))
                    {
                        Recommendation = "See why the service does not take them; -MaximumSpoolMegabytes allows more.",
                    });
            }
        }

        foreach (string file in spool.Files())
        {
            using SpooledBatch? claimed = Spool.Claim(file);
            if (claimed is not null && !await SendAsync(claimed, cancellationToken))
            {
                break;
            }
        }

        SendResult result = new()
        {
            Service = service.Name,
            Kind = service.Kind,
            Sent = _sent,
            Waiting = spool.Entries(),
            Refused = _refused,
            GivenUp = _givenUp,
            Requests = _requests,
            Time = time.GetUtcNow(),
        };
        return (result, _errors);
    }

    /// <summary>The request that carries a batch.</summary>
    public ServiceRequest RequestFor(OutgoingBatch batch) => new(service.Name, HttpMethod.Post, format.AddressOf(_root, batch))
    {
        IsAddressSecret = service.IsAddressSecret,
        Body = batch.Body,
        ContentType = batch.ContentType,
        Headers = batch.Headers,
        Login = _login,
        Purpose = string.Create(CultureInfo.InvariantCulture, $"{batch.Entries} entries"),
        TransientStatuses = format.TransientStatuses,
    };

    /// <summary>Sends a batch; <see langword="false"/> if the next one had better wait too.</summary>
    private async Task<bool> SendAsync(SpooledBatch claimed, CancellationToken cancellationToken)
    {
        OutgoingBatch batch = claimed.Batch;
        if (!claimed.IsReadable)
        {
            _errors.Add(SetAside(claimed, "it is no batch of this module"));
            return true;
        }

        if (batch.MaximumAge is { } age && time.GetUtcNow() - batch.Oldest > age)
        {
            bool isWhole = time.GetUtcNow() - batch.Newest > age;
            _errors.Add(
                TooOld(
                    batch,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"it takes none older than {age.TotalHours:0.#} hours: {(isWhole ? "they are given up" : "the older ones of them will be missing there")}")));
            if (isWhole)
            {
                return GiveUp(claimed);
            }
        }
        else if (time.GetUtcNow() - claimed.Kept > LongestWait)
        {
            _errors.Add(
                TooOld(
                    batch,
                    string.Create(CultureInfo.InvariantCulture, $"they have waited for {LongestWait.TotalDays:0} days and are given up")));
            return GiveUp(claimed);
        }

        try
        {
            ServiceAnswer answer = await http.AskAsync(RequestFor(batch), cancellationToken);
            _requests++;
            claimed.Remove();
            (long refused, string why) = format.ReadAnswer(answer);
            _refused += refused;
            _sent += Math.Max(0, batch.Entries - refused);
            if (refused > 0 || why.Length > 0)
            {
                _errors.Add(
                    new ServiceException(
                        "EntriesRefused", ErrorKind.InvalidData, service.Name,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"it took the request but refused {refused} of {batch.Entries} entries: {answer.Request.WithoutSecrets(why)}"))
                    {
                        Recommendation = "The others were taken. See what the service says of them.",
                    });
            }

            return true;
        }
        catch (ServiceException error) when (error.ErrorId is "ServiceAnswerNotUnderstood")
        {
            // It was taken: 2xx. What it says besides is not known.
            _sent += batch.Entries;
            _errors.Add(error);
            return true;
        }
        catch (ServiceException error) when (IsForGood(error))
        {
            _refused += batch.Entries;
            _errors.Add(SetAside(claimed, error.Message));
            return true;
        }
        catch (ServiceException error)
        {
            _errors.Add(Waits(error, spool.Entries(besides: claimed.File) + batch.Entries));
            return false;
        }
    }

    /// <summary>The error, with what becomes of what was to be sent.</summary>
    private ServiceException Waits(ServiceException error, int waiting) =>
        new(
            error.ErrorId,
            error.Kind,
            service.Name,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{error.Message[(service.Name.Length + 2)..]} {waiting} entries wait, and go with the next call."),
            error)
        {
            Status = error.Status,
            RetryAfter = error.RetryAfter,
            IsTransient = error.IsTransient,
            MayHaveArrived = error.MayHaveArrived,
            Recommendation = error.Recommendation,
        };

    private ServiceException TooOld(OutgoingBatch batch, string why) =>
        new(
            "EntriesTooOld",
            ErrorKind.Failed,
            service.Name,
            string.Create(CultureInfo.InvariantCulture, $"{batch.Entries} entries from {batch.Oldest:u} to {batch.Newest:u}: {why}."))
        {
            Recommendation = "Send soon after measuring, and more often while the service is up.",
        };

    private bool GiveUp(SpooledBatch claimed)
    {
        claimed.Remove();
        _givenUp += claimed.Batch.Entries;
        return true;
    }

    /// <summary>Whether the service will never take this batch, but may take others.</summary>
    private bool IsForGood(ServiceException error) => !error.IsTransient
        && (error.Status is 400 or 405 or 413 or 415 or 422 || (error.Status >= 500 && format.TransientStatuses is not null));

    private ServiceException SetAside(SpooledBatch claimed, string why) =>
        new(
            "EntriesRefused",
            ErrorKind.InvalidData,
            service.Name,
            $"{claimed.Batch.Entries.ToString(CultureInfo.InvariantCulture)} entries will not be taken: {why} They are set aside in "
                + $"{claimed.Refuse()}.")
        {
            Recommendation = "See what the service says of them; remove the file when it is of no more use.",
        };
}
