namespace Foobar.Ops.Tls.Rating;

/// <summary>A grade by the published SSL Labs SSL Server Rating Guide, with how it came about.</summary>
public sealed record ServerGrade
{
    /// <summary>The version of the guide (github.com/ssllabs/research/wiki/SSL-Server-Rating-Guide), of 16 May 2025.</summary>
    public const string GuideVersion = "2009r";

    /// <summary><c>A+</c> to <c>F</c>, <c>T</c> for a certificate that is not trusted, <c>M</c> for one of another name.</summary>
    public required string Letter { get; init; }

    /// <summary>The score of the versions, 0 to 100: the mean of the best and the worst.</summary>
    public required int Protocols { get; init; }

    /// <summary>The score of the key exchange, 0 to 100: that of the weakest key.</summary>
    public required int KeyExchange { get; init; }

    /// <summary>The score of the ciphers, 0 to 100: the mean of the strongest and the weakest.</summary>
    public required int Ciphers { get; init; }

    /// <summary>30 % versions, 30 % key exchange, 40 % ciphers; 0 if one of them is.</summary>
    public int Score => Protocols == 0 || KeyExchange == 0 || Ciphers == 0 ? 0
        : (int)Math.Floor((0.3 * Protocols) + (0.3 * KeyExchange) + (0.4 * Ciphers));

    /// <summary>Why it is not better, each with the grade that it allows at best; what could not be looked at, too.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Letter;
}
