using System.Text;
using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>
/// Reads JSON (RFC 8259) into values that know their line and column. The tokens are <see cref="Utf8JsonReader"/>'s; this
/// adds the positions, which neither <see cref="JsonDocument"/> nor <c>JsonNode</c> keeps. Comments are reported and
/// skipped; any other breach of the grammar ends the reading, since what follows it can't be known.
/// </summary>
internal ref struct SourceReader
{
    private const int MaxDepth = 32;
    private readonly LineIndex _lines;
    private readonly Problems _problems;
    private Utf8JsonReader _reader;

    private SourceReader(byte[] json, Problems problems)
    {
        _problems = problems;
        _lines = new LineIndex(json);
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Allow, MaxDepth = MaxDepth });
    }

    /// <summary>Reads a document; <see langword="null"/> if it is not JSON, which <paramref name="problems"/> then tells.</summary>
    public static SourceValue? Read(string text, Problems problems)
    {
        SourceReader reader = new(Encoding.UTF8.GetBytes(text), problems);
        try
        {
            reader.Next();
            SourceValue value = reader.Value("$");
            while (reader._reader.Read())
            {
                reader.ReportComment();
            }

            return value;
        }
        catch (JsonException exception)
        {
            SourcePosition position = reader._lines.Position(exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0);
            problems.Add(
                position, "$", $"this is not JSON: {Cause(exception)}", "JSON as in RFC 8259, without comments and trailing commas");
            return null;
        }
    }

    private void Next()
    {
        while (_reader.Read())
        {
            if (_reader.TokenType != JsonTokenType.Comment)
            {
                return;
            }

            ReportComment();
        }
    }

    private readonly void ReportComment() => _problems.Add(
        Here,
        "$",
        "comments are not allowed, since jq and other readers of JSON stop at them",
        "a \"description\" key at the site, a server or a flow");

    private SourceValue Value(string path)
    {
        SourcePosition position = Here;
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object(new SourceValue(JsonValueKind.Object, string.Empty, position, path));
            case JsonTokenType.StartArray:
                return Array(new SourceValue(JsonValueKind.Array, string.Empty, position, path));
            case JsonTokenType.String:
                string text = Text(position, path);
                return new SourceValue(JsonValueKind.String, text, position, path) { Secret = Secrets.LooksLikeValue(text) };
            case JsonTokenType.Number:
                return new SourceValue(JsonValueKind.Number, Encoding.UTF8.GetString(_reader.ValueSpan), position, path);
            case JsonTokenType.True:
                return new SourceValue(JsonValueKind.True, string.Empty, position, path);
            case JsonTokenType.False:
                return new SourceValue(JsonValueKind.False, string.Empty, position, path);
            default:
                return new SourceValue(JsonValueKind.Null, string.Empty, position, path);
        }
    }

    private SourceValue Object(SourceValue value)
    {
        for (Next(); _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            SourcePosition position = Here;
            string name = Text(position, value.Path);
            Next();
            value.Members.Add(new SourceMember(name, position, Value(SourcePath.Member(value.Path, name))));
        }

        return value;
    }

    private SourceValue Array(SourceValue value)
    {
        for (Next(); _reader.TokenType != JsonTokenType.EndArray; Next())
        {
            value.Items.Add(Value(SourcePath.Item(value.Path, value.Items.Count)));
        }

        return value;
    }

    private readonly SourcePosition Here => _lines.Position(_reader.TokenStartIndex);

    private readonly string Text(SourcePosition position, string path)
    {
        try
        {
            return _reader.GetString() ?? string.Empty;
        }
        catch (InvalidOperationException)
        {
            _problems.Add(position, path, "a string holds half of a surrogate pair", "whole characters");
            return string.Empty;
        }
    }

    // The exception appends its own position, which ours replaces.
    private static string Cause(JsonException exception)
    {
        int tail = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (tail < 0 ? exception.Message : exception.Message[..tail]).TrimEnd('.');
    }
}
