using System.Text.Json;
using System.Text.Json.Serialization;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Raising;

/// <summary>What a lab is, as kept in its directory from its first moment on.</summary>
internal sealed record LabRecord
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>What was asked for.</summary>
    public required LabOptions Options { get; init; }

    /// <summary>Its address slot.</summary>
    public required int Slot { get; init; }

    /// <summary>The directory of the base image its servers stand on.</summary>
    public required string Image { get; init; }

    /// <summary>The directory of what its servers have over the base image; <see langword="null"/> for nothing.</summary>
    public string? Layer { get; init; }

    /// <summary>When it was first raised.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>The record of a lab, or <see langword="null"/> if there is no such lab.</summary>
    public static LabRecord? Find(string name) => Read(LabFiles.Of(name).Record);

    /// <summary>The records of all labs of this machine.</summary>
    public static IReadOnlyList<LabRecord> All() => Directory.Exists(LabPaths.Labs)
        ? [
            .. Directory.GetDirectories(LabPaths.Labs)
                .Order(StringComparer.Ordinal)
                .Select(one => Read(Path.Combine(one, "lab.json")))
                .OfType<LabRecord>(),
        ]
        : [];

    /// <summary>Writes the record and the lab's passwords.</summary>
    public void Save(LabSecrets secrets)
    {
        LabFiles files = LabFiles.Of(Options.Name);
        Directory.CreateDirectory(files.Directory);
        WriteWhole(files.Secrets, JsonSerializer.Serialize(secrets, Format));
        WriteWhole(files.Record, JsonSerializer.Serialize(this, Format));
    }

    /// <summary>The plan of the lab.</summary>
    public LabPlan ToPlan() => new()
    {
        Options = Options,
        Addresses = new AddressPlan(Slot),
        Secrets = JsonSerializer.Deserialize<LabSecrets>(File.ReadAllText(LabFiles.Of(Options.Name).Secrets), Format)!,
    };

    private static LabRecord? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<LabRecord>(File.ReadAllText(path), Format) : null;

    /// <summary>Writes a file that root alone reads, so that it is there wholly or not at all.</summary>
    private static void WriteWhole(string path, string text)
    {
        string unfinished = path + ".new";
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (StreamWriter writer = new(unfinished, options))
        {
            writer.Write(text);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
