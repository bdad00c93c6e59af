using System.Buffers.Text;
using System.Text.Json;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>
/// One JSON object a line, as <c>log_format ... escape=json</c> and other programs write them. Which members hold time,
/// status and duration is learned from a line, by the usual names; they are then looked for by their text, and a line in
/// which they stand otherwise is read as JSON.
/// </summary>
internal sealed class JsonLogFormat : LogFormat
{
    private static readonly string[] TimeNames =
        ["time", "timestamp", "@timestamp", "time_iso8601", "time_local", "ts", "msec", "datetime", "date", "start_time", "StartUTC"];

    private static readonly string[] StatusNames =
        ["status", "status_code", "response_code", "response", "code", "http_status", "DownstreamStatus", "statusCode"];

    private static readonly (string Name, double Factor)[] DurationNames =
    [
        ("request_time", 1000), ("response_time", 1000), ("duration_ms", 1), ("duration", 1000), ("upstream_response_time", 1000),
        ("took", 1),
    ];

    private byte[] _time = [], _status = [], _duration = [];
    private double _factor;

    /// <inheritdoc/>
    public override string Name => "JSON";

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<byte> line, ref LogLine found)
    {
        line = line.TrimStart((byte)' ');
        if (line.Length < 2 || line[0] != '{' || line.TrimEnd("\r \t"u8)[^1] != '}')
        {
            return false;
        }

        return (_time.Length > 0 && TryValues(line, ref found)) || (TryLearn(line) && TryValues(line, ref found));
    }

    private bool TryValues(ReadOnlySpan<byte> line, ref LogLine found)
    {
        ReadOnlySpan<byte> time = Value(line, _time), status = Value(line, _status);
        if (time.Length < 9 || !TryStatus(status, out found.Status))
        {
            return false;
        }

        found.Time = time;
        found.Kind = time.Length > 11 && time[2] == '/' ? LogTime.Common : time.Length > 10 && time[4] == '-' ? LogTime.Iso : LogTime.Epoch;
        found.Milliseconds = _duration.Length > 0 && Utf8Parser.TryParse(Value(line, _duration), out double duration, out int _)
            ? duration * _factor
            : -1;
        return true;
    }

    /// <summary>The value behind a member's name, without quotes.</summary>
    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        int at = line.IndexOf(name);
        if (at < 0)
        {
            return [];
        }

        ReadOnlySpan<byte> value = line[(at + name.Length)..].TrimStart((byte)' ');
        if (value.Length == 0 || value[0] != ':')
        {
            return [];
        }

        value = value[1..].TrimStart((byte)' ');
        if (value.Length > 0 && value[0] == '"')
        {
            int quote = value[1..].IndexOf((byte)'"');
            return quote < 0 ? [] : value.Slice(1, quote);
        }

        int end = value.IndexOfAny((byte)',', (byte)'}', (byte)' ');
        return end < 0 ? [] : value[..end];
    }

    private bool TryLearn(ReadOnlySpan<byte> line)
    {
        HashSet<string> members = [];
        try
        {
            Utf8JsonReader reader = new(line);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    members.Add(reader.GetString()!);
                }
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }

        string? time = TimeNames.FirstOrDefault(members.Contains), status = StatusNames.FirstOrDefault(members.Contains);
        (string? duration, _factor) = DurationNames.FirstOrDefault(each => members.Contains(each.Name));
        (_time, _status, _duration) = (Quoted(time), Quoted(status), Quoted(duration));
        return time is not null && status is not null;
    }

    private static byte[] Quoted(string? name) => name is null ? [] : System.Text.Encoding.UTF8.GetBytes($"\"{name}\"");
}
