using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Foobar.Ops.Inventory;

/// <summary>
/// Writes a site as an inventory that <see cref="InventoryLoader"/> reads back to the same site. What has its usual value
/// is left out. The order is that of the site; the same site gives the same text.
/// </summary>
public static class InventoryWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="schema">The address or path of the JSON schema to name in the inventory, or <see langword="null"/> for none.</param>
    public static string Write(Site site, string? schema = null)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Options))
        {
            WriteSite(json, site, schema);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    private static void WriteSite(Utf8JsonWriter json, Site site, string? schema)
    {
        json.WriteStartObject();
        json.Text("$schema", schema);
        json.WriteString("site", site.Name);
        json.Text("description", site.Description);
        json.Text("sshConfig", site.SshConfig);
        if (site.Networks.Count > 0)
        {
            json.Object("networks", () =>
            {
                foreach ((string name, IReadOnlyList<IPNetwork> networks) in site.Networks)
                {
                    json.List(name, networks);
                }
            });
        }

        json.Object("servers", () =>
        {
            foreach (Server server in site.Servers)
            {
                json.Object(server.Name, () => WriteServer(json, server));
            }
        });
        if (site.Vantages.Count > 0)
        {
            json.Object("vantages", () =>
            {
                foreach (Vantage vantage in site.Vantages)
                {
                    json.Object(vantage.Name, () => WriteVantage(json, vantage));
                }
            });
        }

        json.Object("policy", () => PolicyWriter.Write(json, site.Policy));
        json.WriteEndObject();
    }

    private static void WriteServer(Utf8JsonWriter json, Server server)
    {
        json.Text("description", server.Description);
        json.List("roles", server.Roles.Select(InventoryWord.Of));
        WriteSsh(json, server.Ssh);
        json.ListUnlessEmpty("addresses", server.Addresses);
    }

    private static void WriteVantage(Utf8JsonWriter json, Vantage vantage)
    {
        json.Text("description", vantage.Description);
        WriteSsh(json, vantage.Ssh);
        json.Text("standsFor", vantage.StandsFor == FlowResolver.Internet ? null : vantage.StandsFor);
        json.ListUnlessEmpty("addresses", vantage.Addresses);
    }

    private static void WriteSsh(Utf8JsonWriter json, SshEndpoint ssh)
    {
        if (ssh == new SshEndpoint { Host = ssh.Host })
        {
            json.WriteString("ssh", ssh.Host);
        }
        else
        {
            json.Object("ssh", () => WriteSettings(json, ssh));
        }
    }

    private static void WriteSettings(Utf8JsonWriter json, SshEndpoint ssh)
    {
        json.WriteString("host", ssh.Host);
        json.Text("user", ssh.User);
        if (ssh.Port is { } port)
        {
            json.WriteNumber("port", port);
        }

        json.Text("proxyJump", ssh.ProxyJump);
        json.Text("identityFile", ssh.IdentityFile);
        json.Text("transport", ssh.Transport == SshTransport.Auto ? null : InventoryWord.Of(ssh.Transport));
    }
}
