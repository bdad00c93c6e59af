using System.Net.Http.Headers;
using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Services.Http;

/// <summary>One request to a service, before anything of it is sent.</summary>
/// <param name="Service">The service, as declared.</param>
/// <param name="Method">The method.</param>
/// <param name="Address">The address, which may hold a secret; never shown.</param>
internal sealed record ServiceRequest(string Service, HttpMethod Method, Uri Address)
{
    /// <summary>The address as messages show it: without query, login and fragment, and without the path where that is a secret.</summary>
    public string Shown => IsAddressSecret
        ? $"{Address.GetLeftPart(UriPartial.Authority).Replace(Address.UserInfo + "@", string.Empty, StringComparison.Ordinal)}/..."
        : $"{Address.Scheme}://{Address.Authority}{Address.AbsolutePath}";

    /// <summary>Whether the address is the key itself (Sumo Logic's HTTP source, most webhooks).</summary>
    public bool IsAddressSecret { get; init; }

    /// <summary>The body; empty for none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The type of the body.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The encoding of the body: <c>gzip</c>; <see langword="null"/> for none.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>Headers without a secret.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>How the request proves who sends it.</summary>
    public ServiceLogin? Login { get; init; }

    /// <summary>
    /// Whether it may be sent again when it is not known if it arrived: a query may, an entry that is counted twice may not.
    /// </summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>The statuses after which the same may be sent again; <see langword="null"/> for 408, 429 and 5xx but 501 and 505.</summary>
    public IReadOnlyList<int>? TransientStatuses { get; init; }

    /// <summary>What it is for, for <c>-Verbose</c>: <c>query haproxy_...</c>.</summary>
    public string Purpose { get; init; } = string.Empty;

    /// <summary>A body of form fields, as an HTML form sends them.</summary>
    public static ReadOnlyMemory<byte> Form(IEnumerable<(string Name, string Value)> fields) => Encoding.UTF8.GetBytes(Query(fields));

    /// <summary>Fields as the query of an address.</summary>
    public static string Query(IEnumerable<(string Name, string Value)> fields) =>
        string.Join('&', fields.Select(static field => $"{Uri.EscapeDataString(field.Name)}={Uri.EscapeDataString(field.Value)}"));

    /// <summary>An address below a base, which keeps its own path.</summary>
    public static Uri Below(Uri root, string path) => new($"{root.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}");

    /// <summary>The message to send. Secrets are revealed here and nowhere else.</summary>
    public HttpRequestMessage ToMessage()
    {
        HttpRequestMessage message = new(Method, Address);
        if (Body.Length > 0 || Method == HttpMethod.Post || Method == HttpMethod.Put)
        {
            message.Content = new ReadOnlyMemoryContent(Body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
            if (ContentEncoding is not null)
            {
                message.Content.Headers.ContentEncoding.Add(ContentEncoding);
            }
        }

        message.Headers.TryAddWithoutValidation("Accept", "application/json");
        foreach ((string name, string value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        Login?.Authorize(message.Headers);
        return message;
    }

    /// <summary>A text of the service with every form of this request's secrets taken out: a service may repeat what it was sent.</summary>
    public string WithoutSecrets(string text)
    {
        string[] parts = IsAddressSecret
            ? [
                Address.OriginalString,
                Address.AbsoluteUri,
                Address.PathAndQuery,
                Address.AbsolutePath.TrimStart('/'),
                .. Address.Segments.Select(static part => part.Trim('/')).Where(static part => part.Length >= 12),
            ]
            : [];
        foreach (string secret in parts.Concat(Login?.Forms() ?? [])
            .Where(static form => form.Length >= 4)
            .OrderByDescending(static form => form.Length))
        {
            text = text.Replace(secret, "(secret)", StringComparison.Ordinal);
        }

        return text;
    }
}

/// <summary>How a request proves who sends it: one or two secrets, and where they stand.</summary>
internal abstract record ServiceLogin
{
    /// <summary>Puts the secrets where the service wants them.</summary>
    public abstract void Authorize(HttpRequestHeaders headers);

    /// <summary>Every form in which the secrets travel, to be taken out of texts.</summary>
    public abstract IEnumerable<string> Forms();

    /// <summary>User and password (RFC 7617).</summary>
    public sealed record Basic(string User, Secret Password) : ServiceLogin
    {
        private string Encoded => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password.Reveal()}"));

        /// <inheritdoc/>
        public override void Authorize(HttpRequestHeaders headers) =>
            headers.Authorization = new AuthenticationHeaderValue("Basic", Encoded);

        /// <inheritdoc/>
        public override IEnumerable<string> Forms() => [Password.Reveal(), Uri.EscapeDataString(Password.Reveal()), Encoded];
    }

    /// <summary>A bearer token (RFC 6750).</summary>
    public sealed record Bearer(Secret Token) : ServiceLogin
    {
        /// <inheritdoc/>
        public override void Authorize(HttpRequestHeaders headers) =>
            headers.TryAddWithoutValidation("Authorization", $"Bearer {Token.Reveal()}");

        /// <inheritdoc/>
        public override IEnumerable<string> Forms() => [Token.Reveal(), Uri.EscapeDataString(Token.Reveal())];
    }

    /// <summary>Keys in headers of the service's own.</summary>
    public sealed record Headers(IReadOnlyList<(string Name, Secret Key)> Keys) : ServiceLogin
    {
        /// <inheritdoc/>
        public override void Authorize(HttpRequestHeaders headers)
        {
            foreach ((string name, Secret key) in Keys)
            {
                headers.TryAddWithoutValidation(name, key.Reveal());
            }
        }

        /// <inheritdoc/>
        public override IEnumerable<string> Forms() =>
            Keys.SelectMany(static key => new[] { key.Key.Reveal(), Uri.EscapeDataString(key.Key.Reveal()) });
    }
}
