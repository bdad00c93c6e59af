using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>What a certificate request asks for, checked and as the tools want it. Pure.</summary>
internal sealed partial record RequestContents
{
    private const int LongestCommonName = 64;

    private static readonly IdnMapping Idn = new();

    private RequestContents(
        X500DistinguishedName subject, IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses, bool mustStaple) =>
        (Subject, DnsNames, Addresses, MustStaple) = (subject, dnsNames, addresses, mustStaple);

    /// <summary>The subject.</summary>
    public X500DistinguishedName Subject { get; }

    /// <summary>The host names, as A-labels.</summary>
    public IReadOnlyList<string> DnsNames { get; }

    /// <summary>The addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; }

    /// <summary>Whether an OCSP response must be stapled.</summary>
    public bool MustStaple { get; }

    /// <summary>The subject as <c>openssl req -subj</c> takes it: types by number, and what has a meaning there escaped.</summary>
    public string SubjectArgument => string.Concat(Subject.EnumerateRelativeDistinguishedNames(reversed: false)
        .Select(static part => $"/{part.GetSingleElementType().Value}={Special().Replace(part.GetSingleElementValue() ?? "", "\\$0")}"));

    /// <summary>The alternative names as <c>openssl req -addext</c> takes them.</summary>
    public string NamesArgument =>
        string.Join(',', DnsNames.Select(static name => $"DNS:{name}").Concat(Addresses.Select(static address => $"IP:{address}")));

    /// <summary>The same for the driver.</summary>
    public RequestContent ForDriver => new(Subject.RawData, DnsNames, Addresses, MustStaple);

    /// <summary>Checks what is asked for.</summary>
    /// <exception cref="FoobarException"><c>CertificateRequestInvalid</c>.</exception>
    public static RequestContents Of(CertificateRequestOptions options)
    {
        string[] names = [.. options.DnsNames.Select(Ascii).Distinct()];
        if (names.Length + options.Addresses.Count == 0)
        {
            throw Invalid("A request needs at least one host name or address.");
        }

        string first = names.Length > 0 ? names[0] : options.Addresses[0].ToString();
        return new RequestContents(
            Name(options.Subject ?? (first.Length <= LongestCommonName ? $"CN={first}" : "")),
            names, options.Addresses, options.MustStaple);
    }

    /// <summary>Sees that a request that was made says this, and is signed with its own key.</summary>
    /// <returns>The public key.</returns>
    /// <exception cref="FoobarException"><c>CertificateRequestInvalid</c>.</exception>
    public byte[] Check(byte[] request, IKeyDriver driver, string server)
    {
        try
        {
            ReadRequest read = driver.ReadRequest(request);
            string? other = new X500DistinguishedName(read.Subject).Name != Subject.Name ? "another subject"
                : !read.DnsNames.Order(StringComparer.Ordinal).SequenceEqual(DnsNames.Order(StringComparer.Ordinal))
                    || !read.Addresses.ToHashSet().SetEquals(Addresses)
                    ? "other names"
                : read.MustStaple != MustStaple ? "another must-staple"
                : null;
            return other is null ? read.PublicKey : throw Unlike(server, $"has {other} than was asked for");
        }
        catch (KeyUnreadableException error)
        {
            throw Unlike(server, error.Message, error);
        }
    }

    private static string Ascii(string name)
    {
        string bare = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
        try
        {
            string ascii = Idn.GetAscii(bare.TrimEnd('.')).ToLowerInvariant();
            return HostName().IsMatch(ascii) && ascii.Length <= 253
                ? (bare == name ? "" : "*.") + ascii
                : throw Invalid($"'{name}' is no host name.");
        }
        catch (ArgumentException error)
        {
            throw Invalid($"'{name}' is no host name: {error.Message}", error);
        }
    }

    private static X500DistinguishedName Name(string text)
    {
        try
        {
            // Read again from its encoding: what was made from a text keeps the text as its name.
            X500DistinguishedName name = new(new X500DistinguishedName(text).RawData);
            return name.EnumerateRelativeDistinguishedNames()
                .All(static part => !part.HasMultipleElements && !(part.GetSingleElementValue() ?? "").Any(char.IsControl))
                ? name
                : throw Invalid($"'{text}' has a part of several values or with a control character.");
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw Invalid($"'{text}' is no distinguished name: {error.Message}", error);
        }
    }

    private static FoobarException Invalid(string message, Exception? cause = null) =>
        new("CertificateRequestInvalid", ErrorKind.InvalidInput, message, cause)
        {
            Recommendation = "Give host names as www.example.com or *.example.com, and the subject as 'CN=www.example.com, O=Example'.",
        };

    private static FoobarException Unlike(string server, string message, Exception? cause = null) =>
        new("CertificateRequestInvalid", ErrorKind.InvalidData, $"{server}: the request that was made {message}.", cause)
        {
            Server = server,
            Recommendation = "See what openssl on the server makes of such a subject and such names.",
        };

    [GeneratedRegex(@"\A(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HostName();

    [GeneratedRegex(@"[\\/+]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Special();
}
