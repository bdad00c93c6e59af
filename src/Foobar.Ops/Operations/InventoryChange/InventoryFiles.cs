using System.Text.Encodings.Web;
using System.Text.Json;
using Foobar.Ops.Auditing;
using Foobar.Ops.Discovery;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.InventoryChange;

/// <summary>Writes inventories: checked by the loader first, the inventory itself last and in one rename.</summary>
public static class InventoryFiles
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The file beside an inventory with what shows each part of it: <c>foobar.evidence.json</c>.</summary>
    public static string EvidencePath(string inventory) => Path.ChangeExtension(inventory, ".evidence.json");

    /// <summary>The file beside an inventory with authorities that were found: <c>foobar.authorities.pem</c>.</summary>
    public static string AuthoritiesPath(string inventory) => Path.ChangeExtension(inventory, ".authorities.pem");

    /// <summary>Sees to it that an inventory may be written.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>: there is one already; <c>FileNotWritten</c>: there is no such
    /// folder.</exception>
    public static void EnsureFree(string path, bool overwrite)
    {
        if (!overwrite && File.Exists(path))
        {
            throw new FoobarException("FileExists", ErrorKind.Refused, $"{path} exists already.")
            {
                Recommendation =
                    "See what has changed since with Update-FoobarInventory, choose another path, or replace the file with -Force.",
            };
        }

        OutputFile.EnsureFree(path, overwrite: true);
    }

    /// <summary>The text of an inventory that was found, as the loader takes it.</summary>
    /// <exception cref="FoobarException"><c>NothingDiscovered</c>: it would hold no server; <c>InventoryInvalid</c>: what was found does
    /// not fit together.</exception>
    public static string Text(InventoryProposal proposal, string path)
    {
        if (proposal.Site.Servers.Count == 0)
        {
            throw new FoobarException(
                "NothingDiscovered", ErrorKind.Failed,
                $"None of the servers has a role that is known, so there is nothing to write to {path}.")
            {
                Recommendation = "Mend what the errors above say of the servers; -Verbose shows what was read.",
            };
        }

        string text = InventoryWriter.Write(Relative(proposal.Site, path));
        InventoryLoader.Parse(text, path);
        return text;
    }

    /// <summary>Writes an inventory that was found, with its evidence and questions beside it.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>, <c>NothingDiscovered</c>,
    /// <c>InventoryInvalid</c>.</exception>
    public static void Save(InventoryProposal proposal, string path, bool overwrite)
    {
        EnsureFree(path, overwrite);
        string text = Text(proposal, path);
        if (proposal.Authorities is { } authorities)
        {
            OutputFile.Write(AuthoritiesPath(path), authorities, overwrite: true, ownerOnly: false);
        }

        SaveEvidence(path, proposal.Evidence, proposal.Questions);
        OutputFile.Write(path, text, overwrite, ownerOnly: false);
    }

    /// <summary>Writes an inventory that was changed, in place of the old one.</summary>
    /// <param name="site">The site.</param>
    /// <param name="proposal">What was found, for its evidence.</param>
    /// <param name="path">The inventory's file.</param>
    /// <exception cref="FoobarException"><c>FileNotWritten</c>, <c>InventoryInvalid</c>.</exception>
    public static void Replace(Site site, InventoryProposal proposal, string path)
    {
        string text = InventoryWriter.Write(Relative(site, path), SchemaOf(path));
        InventoryLoader.Parse(text, path);
        if (proposal.Authorities is { } authorities && site.Policy.Tls.TrustedAuthorities == Path.GetFileName(AuthoritiesPath(path)))
        {
            OutputFile.Write(AuthoritiesPath(path), authorities, overwrite: true, ownerOnly: false);
        }

        SaveEvidence(path, proposal.Evidence, proposal.Questions);
        OutputFile.Write(path, text, overwrite: true, ownerOnly: false);
    }

    private static void SaveEvidence(string path, IReadOnlyList<InventoryEvidence> evidence, IReadOnlyList<InventoryQuestion> questions) =>
        OutputFile.Write(
            EvidencePath(path),
            JsonSerializer.Serialize(new { inventory = Path.GetFileName(path), time = DateTimeOffset.UtcNow, evidence, questions }, Options)
                + "\n",
            overwrite: true, ownerOnly: false);

    // What lies beside the inventory moves with it.
    private static Site Relative(Site site, string path) => site with
    {
        SshConfig = Relative(site.SshConfig, path),
        Policy = site.Policy with
        {
            Tls = site.Policy.Tls with { TrustedAuthorities = Relative(site.Policy.Tls.TrustedAuthorities, path) },
            Monitoring = site.Policy.Monitoring with
            {
                Services =
                [
                    .. site.Policy.Monitoring.Services.Select(
                        service => service with { TrustedAuthorities = Relative(service.TrustedAuthorities, path) }),
                ],
            },
        },
        Vantages =
        [
            .. site.Vantages.Select(
                vantage => vantage with { Ssh = vantage.Ssh with { IdentityFile = Relative(vantage.Ssh.IdentityFile, path) } }),
        ],
        Servers =
        [
            .. site.Servers.Select(
                server => server with { Ssh = server.Ssh with { IdentityFile = Relative(server.Ssh.IdentityFile, path) } }),
        ],
    };

    private static string? Relative(string? file, string path)
    {
        string? directory = Path.GetDirectoryName(Path.GetFullPath(path));
        return file is not null
            && directory is not null
            && Path.IsPathFullyQualified(file)
            && file.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? Path.GetRelativePath(directory, file)
            : file;
    }

    private static string? SchemaOf(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path).TrimStart('\uFEFF'));
        return document.RootElement.TryGetProperty("$schema", out JsonElement schema) ? schema.GetString() : null;
    }
}
