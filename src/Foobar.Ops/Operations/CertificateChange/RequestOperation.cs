using System.Security.Cryptography;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>Makes a key on a server and a certificate request for it.</summary>
public static class RequestOperation
{
    private const int Exists = 4, NoDirectory = 5, NotMade = 6, NotThere = 7;

    // Makes the key beside its place, and lets it take that place only if nothing is there (a hard link never replaces), or if
    // that is asked for. The request goes to standard output.
    //   $1 key, $2 what to do (new, reuse, given), $3 whether a key there is replaced, $4 subject, $5 names, $6 must-staple,
    //   then how openssl genpkey is told of the algorithm
    private const string Script = """
        export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
        umask 077
        key=$1 how=$2 replace=$3 subject=$4 names=$5 staple=$6
        shift 6
        folder=$(dirname -- "$key")
        if [ "$how" = reuse ]; then
            [ -f "$key" ] || exit 7
            made=$key
        else
            [ -d "$folder" ] || [ "$folder" = /var/lib/foobar-ops/keys ] || exit 5
            mkdir -p "$folder" || exit 5
            { [ ! -e "$key" ] && [ ! -L "$key" ]; } || [ "$replace" = yes ] || exit 4
            made=$(mktemp "$folder/.foobar-key.XXXXXX") || exit
            trap 'rm -f -- "$made"' EXIT
            if [ "$how" = given ]; then cat > "$made"
            else openssl genpkey "$@" -out "$made" || exit 6
            fi
            chmod 600 "$made"
        fi
        if [ "$how" != given ]; then
            [ "$staple" = yes ] && staple='-addext tlsfeature=status_request' || staple=
            request=$(openssl req -new -utf8 -key "$made" -subj "$subject" -addext "subjectAltName=$names" $staple -config /dev/stdin -passin pass: <<'END'
        [req]
        distinguished_name = name
        [name]
        END
            ) || exit 6
        fi
        if [ "$how" != reuse ]; then
            sync -- "$made" 2>/dev/null || sync
            if [ "$replace" = yes ] && [ -e "$key" ]; then
                cp -p -- "$key" "$key.old" && mv -f -- "$made" "$key" || exit
            else
                ln -- "$made" "$key" || exit 4
            fi
        fi
        [ "$how" = given ] || printf '%s\n' "$request"
        """;

    /// <summary>Checks what is asked for, and tells the key's path on the servers. Connects to nothing.</summary>
    /// <exception cref="FoobarException"><c>CertificateRequestInvalid</c>.</exception>
    public static string Check(CertificateRequestOptions options)
    {
        RequestContents contents = RequestContents.Of(options);
        string name = (contents.DnsNames.Count > 0 ? contents.DnsNames[0] : contents.Addresses[0].ToString())
            .Replace('*', '_')
            .Replace(':', '_');
        return options.KeyPath ?? $"/var/lib/foobar-ops/keys/{name}-{options.KeyAlgorithm.ToString().ToLowerInvariant()}.key";
    }

    /// <summary>Makes key and request.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="server">The server that gets the key.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>CertificateRequestInvalid</c>, <c>CertificateKeyExists</c>, <c>CertificateKeyMissing</c>,
    /// <c>CertificateKeyUnsupported</c>, <c>CertificateKeyFolderMissing</c>.</exception>
    public static async Task<NewCertificateRequest> MakeAsync(
        ISiteSession session, Server server, CertificateRequestOptions options, CancellationToken cancellationToken)
    {
        RequestContents contents = RequestContents.Of(options);
        string path = Check(options);
        IKeyDriver driver = LoadedDrivers.Keys;
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        CommandResult result = await connection.RunAsync(
            Command(path, options.ReuseKey ? "reuse" : "new", options, contents), cancellationToken);
        if (result.ExitCode == NotMade && options.AcceptLocalKey && !options.ReuseKey)
        {
            return await MakeHereAsync(connection, path, options, contents, driver, cancellationToken);
        }

        Refuse(result, server, path, options);
        byte[] request = PemBlocks.Read(result.OutputText).Select(PemBlocks.Content).FirstOrDefault()
            ?? throw new ParseException(
                server.Name, "openssl req", 1, $"expected a certificate request, found '{result.OutputText.Trim()}'");
        return Result(server, path, options, contents, request, contents.Check(request, driver, server.Name));
    }

    private static async Task<NewCertificateRequest> MakeHereAsync(
        IServerSession connection,
        string path,
        CertificateRequestOptions options,
        RequestContents contents,
        IKeyDriver driver,
        CancellationToken cancellationToken)
    {
        (string algorithm, int size) = Algorithm(options.KeyAlgorithm);
        using PrivateKey key = driver.Generate(algorithm, size);
        byte[] request = driver.Request(key, contents.ForDriver);
        byte[] pem = System.Text.Encoding.ASCII.GetBytes(key.Pem.Reveal() + "\n");
        try
        {
            CommandResult stored = await connection.RunAsync(
                Command(path, "given", options, contents) with { Input = pem }, cancellationToken);
            Refuse(stored, connection.Server, path, options);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
        }

        return Result(connection.Server, path, options, contents, request, contents.Check(request, driver, connection.Server.Name)) with
        {
            KeyMadeHere = true,
        };
    }

    private static RemoteCommand Command(string path, string how, CertificateRequestOptions options, RequestContents contents) =>
        RemoteCommand.FromScript(
            Script, [
                path,
                how,
                options.ReplaceKey ? "yes" : "no",
                contents.SubjectArgument,
                contents.NamesArgument,
                contents.MustStaple ? "yes" : "no",
                .. Arguments(options.KeyAlgorithm),
            ]) with
        { Privileged = true, TimeLimit = TimeSpan.FromSeconds(60) };

    private static void Refuse(CommandResult result, Server server, string path, CertificateRequestOptions options)
    {
        if (result.ExitCode == 0)
        {
            return;
        }

        string said = result.ErrorText.Trim();
        throw result.ExitCode switch
        {
            Exists => new FoobarException(
                "CertificateKeyExists", ErrorKind.Refused,
                $"{server.Name}: there is a file at {path} already; it was not touched.")
                {
                    Server = server.Name,
                    Recommendation =
                        "Name another path with -KeyPath; -ReuseKey makes a request for the key that is there, -ReplaceKey makes a new one "
                            + "in its place.",
                },
            NoDirectory => new FoobarException(
                "CertificateKeyFolderMissing", ErrorKind.NotFound, $"{server.Name}: there is no directory for {path}.")
                {
                    Server = server.Name,
                    Recommendation = "Make it there, readable by its owner only, or name another path with -KeyPath.",
                },
            NotThere => ChangeErrors.KeyMissing($"{server.Name}: {path}", server.Name),
            NotMade => new FoobarException(
                "CertificateKeyUnsupported", ErrorKind.Failed,
                $"{server.Name}: its OpenSSL makes no key or request of the kind {options.KeyAlgorithm}: {Brief(said)}")
                {
                    Server = server.Name,
                    Recommendation =
                        "ML-DSA needs OpenSSL 3.5 on the server (Debian 13). Choose another -KeyAlgorithm; or have the key made on this "
                            + "machine and sent over the session with -AcceptLocalKey, if what serves it there knows the algorithm.",
                },
            127 => new FoobarException(
                "CommandNotFound", ErrorKind.NotFound, $"{server.Name}: a program is missing: {Brief(said)}")
                {
                    Server = server.Name,
                    Recommendation = "Install openssl there.",
                },
            _ => new FoobarException(
                "CommandFailed", ErrorKind.Failed, $"{server.Name}: making the request failed: {Brief(said)}") { Server = server.Name },
        };
    }

    private static string Brief(string said) => said.Length <= 300 ? said : said[..300] + " ...";

    private static NewCertificateRequest Result(
        Server server, string path, CertificateRequestOptions options, RequestContents contents, byte[] request, byte[] publicKey) => new()
    {
        Server = server.Name,
        Subject = contents.Subject.Name,
        DnsNames = contents.DnsNames,
        IpAddresses = [.. contents.Addresses.Select(static address => address.ToString())],
        KeyAlgorithm = options.KeyAlgorithm,
        KeyPath = path,
        MustStaple = contents.MustStaple,
        PublicKeySha256 = Convert.ToHexString(SHA256.HashData(publicKey)),
        Request = PemBlocks.Write("CERTIFICATE REQUEST", request),
    };

    private static string[] Arguments(CertificateKeyAlgorithm algorithm) => algorithm switch
    {
        CertificateKeyAlgorithm.Rsa2048 => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        CertificateKeyAlgorithm.Rsa3072 => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
        CertificateKeyAlgorithm.Rsa4096 => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
        CertificateKeyAlgorithm.EcdsaP384 => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        CertificateKeyAlgorithm.Ed25519 => ["-algorithm", "ED25519"],
        CertificateKeyAlgorithm.MlDsa44 => ["-algorithm", "ML-DSA-44"],
        CertificateKeyAlgorithm.MlDsa65 => ["-algorithm", "ML-DSA-65"],
        CertificateKeyAlgorithm.MlDsa87 => ["-algorithm", "ML-DSA-87"],
        _ => ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    };

    private static (string Name, int Size) Algorithm(CertificateKeyAlgorithm algorithm) => algorithm switch
    {
        CertificateKeyAlgorithm.Rsa2048 => ("RSA", 2048),
        CertificateKeyAlgorithm.Rsa3072 => ("RSA", 3072),
        CertificateKeyAlgorithm.Rsa4096 => ("RSA", 4096),
        CertificateKeyAlgorithm.EcdsaP384 => ("ECDSA", 384),
        CertificateKeyAlgorithm.Ed25519 => ("Ed25519", 0),
        CertificateKeyAlgorithm.MlDsa44 => ("ML-DSA", 44),
        CertificateKeyAlgorithm.MlDsa65 => ("ML-DSA", 65),
        CertificateKeyAlgorithm.MlDsa87 => ("ML-DSA", 87),
        _ => ("ECDSA", 256),
    };
}
