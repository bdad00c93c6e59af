using System.Text.Json;

namespace Foobar.Ops.Services.Http;

/// <summary>Reads members of an answer in JSON; what is missing is a <see cref="FormatException"/> that names it.</summary>
internal static class JsonAnswer
{
    /// <summary>Reads an answer; one that is not of the expected form is told as such.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="api">The API that it should be of: <c>Datadog's timeseries query</c>.</param>
    /// <param name="read">Reads it.</param>
    /// <exception cref="ServiceException"><c>ServiceAnswerNotUnderstood</c>.</exception>
    public static T Read<T>(this ServiceAnswer answer, string api, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer.Body);
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            string problem = error is FormatException
                ? answer.Request.WithoutSecrets(error.Message)
                : "it is no JSON of the expected form.";
            throw ServiceHttp.NotUnderstood(answer.Request, $"the answer is not one of {api}: {problem}", error);
        }
    }

    /// <summary>A member that must be there.</summary>
    public static JsonElement Member(this JsonElement of, string key) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(key, out JsonElement member)
        ? member
        : throw new FormatException($"'{key}' is missing.");

    /// <summary>A member that may be missing or null.</summary>
    public static JsonElement? Maybe(this JsonElement of, string key) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(key, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    /// <summary>The items of a list that must be there.</summary>
    public static JsonElement.ArrayEnumerator Items(this JsonElement of, string key) =>
        of.Member(key) is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray()
            : throw new FormatException($"'{key}' is no list.");

    /// <summary>A text that may be missing.</summary>
    public static string Text(this JsonElement of, string key) =>
        of.Maybe(key) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : string.Empty;

    /// <summary>A text that must be there.</summary>
    public static string RequiredText(this JsonElement of, string key) =>
        of.Member(key) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new FormatException($"'{key}' is no text.");

    /// <summary>A number that must be there.</summary>
    public static double Number(this JsonElement of, string key) =>
        of.Member(key) is { ValueKind: JsonValueKind.Number } number
            ? number.GetDouble()
            : throw new FormatException($"'{key}' is no number.");
}
