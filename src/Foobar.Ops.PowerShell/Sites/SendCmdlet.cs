using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Sending;
using Foobar.Ops.Services;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that send objects to a declared service once the pipeline has ended.</summary>
public abstract class SendCmdlet : SiteCmdlet
{
    private readonly List<object> _objects = [];

    /// <summary>The service to send to, as the inventory declares it.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReceivingServiceCompleter))]
    public string Service { get; set; } = string.Empty;

    /// <summary>The keys of the service.</summary>
    [Parameter]
    public IDictionary? ServiceCredential { get; set; }

    /// <summary>Labels for everything that is sent.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary Label { get; set; } = new Hashtable();

    /// <summary>Where what can't be sent yet is kept.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SpoolPath { get; set; }

    /// <summary>How many megabytes may wait for the service.</summary>
    [Parameter]
    [ValidateRange(1, 4096)]
    public int MaximumSpoolMegabytes { get; set; } = 64;

    /// <summary>How long a request with its repetitions may take, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>What is sent, in the singular.</summary>
    private protected abstract string What { get; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Site site = FindSite();
        ServiceSender sender = Try(() => new ServiceSender(site, Service, Options()));
        IReadOnlyList<SendPreview> requests = Try(() => sender.Preview(_objects));
        string target = $"{sender.Service.Name} ({InventoryWord.Of(sender.Service.Kind)})";
        string action = requests.Count == 0
            ? "Send what waits in the spool"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Send {Counted(requests.Sum(static request => request.Entries), What)} in {Counted(requests.Count, "request")} to {requests[0].Address}");
        if (IsWhatIf())
        {
            foreach (SendPreview request in requests)
            {
                WriteVerbose($"{request.Address}, {request.ContentType}: {request.Body}");
            }
        }

        if (!ShouldProcess(target, action))
        {
            return;
        }

        using ServiceKeys keys = Try(() => ServiceKeyFinder.Find(this, ServiceCredential, [sender.Service]));
        Run(async (output, token) =>
        {
            output.Progress.Report($"sending to {sender.Service.Name}");
            SendOutcome outcome = await sender.SendAsync(_objects, keys, token);
            foreach (FoobarException error in outcome.Errors)
            {
                output.Fail(error, sender.Service.Name);
            }

            output.Write(outcome.Result);
        });
    }

    /// <summary>Takes an object to send.</summary>
    private protected void Take(object value) => _objects.Add(value is PSObject wrapped ? wrapped.BaseObject : value);

    private static string Counted(int count, string word) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {word}{(count == 1 ? string.Empty : "s")}");

    private SendOptions Options() => new()
    {
        Labels = Label.Cast<DictionaryEntry>().ToDictionary(
            static entry => Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? string.Empty,
            static entry => Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? string.Empty),
        TimeLimit = TimeSpan.FromSeconds(Math.Min(30, TimeoutSeconds)),
        Patience = TimeSpan.FromSeconds(TimeoutSeconds),
        SpoolPath = SpoolPath is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(SpoolPath),
        MaximumSpoolBytes = MaximumSpoolMegabytes * 1024L * 1024,
        Log = ActivityRelay.Shared,
    };
}
