using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Tls;

/// <summary>A lab whose certificates a test may change: its files as they were come back when it is disposed.</summary>
internal sealed class UpdateBed : IAsyncDisposable
{
    private const string Places = "/etc/haproxy/certs/*.pem /etc/nginx/tls/*.pem";

    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-update-").FullName;
    private readonly Dictionary<string, string> _before = [];

    private UpdateBed(RaisedLab lab) => Lab = lab;

    public static string[] Servers { get; } = ["lb-01", "web-01", "web-02"];

    public RaisedLab Lab { get; }

    public string State => Path.Combine(_folder, "state");

    /// <summary>
    /// Makes a bed; where TLS ends at nginx on MariaDB, which is raised sooner. Databases share the web servers' certificate where the
    /// balancer encrypts again: a grown site of that kind is on MariaDB, the other one on MySQL.
    /// </summary>
    public static async Task<UpdateBed> MakeAsync(LabFixture labs, TlsVariant tls = TlsVariant.Edge, bool grown = false)
    {
        DatabaseFlavour database = tls == TlsVariant.Web || (tls == TlsVariant.Reencrypt && grown)
            ? DatabaseFlavour.MariaDb
            : DatabaseFlavour.MySql;
        UpdateBed bed = new(await labs.RequireAsync(database, tls, grown: grown));
        foreach (string server in Servers)
        {
            bed._before[server] = await bed.Lab.RunAsync(server, $"for f in {Places}; do [ ! -f $f ] || {{ echo \"@$f\"; cat $f; }}; done");
        }

        return bed;
    }

    /// <summary>Files as they are: digest, mode and owner of each, and what lies beside them.</summary>
    public Task<string> TraceAsync(string server) =>
        Lab.RunAsync(
            server,
            $"for f in {Places}; do [ ! -f $f ] || {{ sha256sum $f; stat -c '%a %U %G %i' $f | cut -d' ' -f1-3; }}; done; ls -A "
                + "/etc/haproxy/certs /etc/nginx/tls 2>/dev/null; true");

    /// <summary>The worker of HAProxy that listens, and the master of nginx: other process ids are a reload or a restart.</summary>
    public Task<string> ProcessesAsync(string server) =>
        Lab.RunAsync(
            server,
            "echo 'show info' | socat - UNIX:/run/haproxy/admin.sock 2>/dev/null | grep ^Pid; cat /run/nginx.pid 2>/dev/null; true");

    /// <summary>A certificate for the site's names in a file.</summary>
    public string IssueSite(bool rsa = false) => Write("site.pem", Lab.Authority.IssueSite(rsa).ChainAndKey);

    /// <summary>A certificate in a file.</summary>
    public string Issue(CertificateRequestDetails details) => Write("other.pem", Lab.Authority.Issue(details).ChainAndKey);

    /// <summary>A file of the operator's machine.</summary>
    public string Write(string name, string text)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, $"{Guid.NewGuid():N}")).FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Makes a change, here and alive.</summary>
    public async Task<CertificateChangeResult> UpdateAsync(
        string path,
        string? servers = null,
        CertificateChangeOptions? options = null,
        string? keyPath = null,
        Secret? passphrase = null,
        CancellationToken? cancellationToken = null,
        IProgress<StepResult>? progress = null)
    {
        Site site = InventoryLoader.Load(Lab.Inventory);
        await using SiteSession session = new(site);
        using CertificateChange change = await CertificateChange.PrepareAsync(
            session, Named(site, servers), path, keyPath, null, passphrase, options ?? new(), TimeProvider.System,
            TestContext.Current.CancellationToken);
        change.Refuse();
        return await change.RunAsync(
            new OperationStore(site.Name, State), progress, cancellationToken ?? TestContext.Current.CancellationToken);
    }

    /// <summary>What a change would do.</summary>
    public async Task<IReadOnlyList<CertificateChangePreview>> PreviewAsync(
        string path, string? servers = null, CertificateChangeOptions? options = null)
    {
        Site site = InventoryLoader.Load(Lab.Inventory);
        await using SiteSession session = new(site);
        using CertificateChange change = await CertificateChange.PrepareAsync(
            session, Named(site, servers), path, null, null, null, options ?? new(), TimeProvider.System,
            TestContext.Current.CancellationToken);
        return change.Previews;
    }

    /// <summary>Undoes the last change, here and alive.</summary>
    public async Task<CertificateChangeResult> UndoAsync(CertificateChangeOptions? options = null)
    {
        Site site = InventoryLoader.Load(Lab.Inventory);
        await using SiteSession session = new(site);
        using CertificateChange change = await CertificateChange.PrepareUndoAsync(
            session, Named(site, null), options ?? new(), TimeProvider.System, TestContext.Current.CancellationToken);
        change.Refuse();
        return await change.RunAsync(new OperationStore(site.Name, State), null, TestContext.Current.CancellationToken);
    }

    public static IReadOnlyList<Server> Named(Site site, string? servers) =>
        [.. (servers?.Split(',') ?? Servers).Select(name => site.Find(name)!)];

    public async ValueTask DisposeAsync()
    {
        foreach ((string server, string files) in _before)
        {
            await Lab.RunAsync(server, """
                rm -rf /var/lib/foobar-ops/certificate
                rm -f /etc/haproxy/certs/.*.foobar /etc/nginx/tls/.*.foobar
                f=
                while IFS= read -r line; do
                    case $line in @*) f=${line#@}; : > "$f" ;; *) printf '%s\n' "$line" >> "$f" ;; esac
                done
                [ "$(systemctl is-active haproxy)" != active ] || systemctl reload haproxy
                [ "$(systemctl is-active nginx)" != active ] || systemctl reload nginx
                """, files);
        }

        Directory.Delete(_folder, recursive: true);
    }
}
