using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>A file to be written on a server before it boots.</summary>
/// <param name="Path">Its absolute path on the server.</param>
/// <param name="Content">Its text.</param>
internal sealed record ServerFile(string Path, string Content)
{
    /// <summary>Its permissions; <c>0644</c> unless told.</summary>
    public UnixFileMode Mode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The name of the user on the server who owns it.</summary>
    public string Owner { get; init; } = "root";

    /// <summary>The name of the group on the server it belongs to.</summary>
    public string Group { get; init; } = "root";

    /// <summary>The target, if the file is a symbolic link instead.</summary>
    public string? LinkTo { get; init; }

    /// <summary>Read and written by its owner only.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Read and written by its owner, read by its group.</summary>
    public const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead;

    /// <summary>Lets a unit of a package start at boot.</summary>
    public static ServerFile Enable(string unit, string target = "multi-user.target") =>
        new($"/etc/systemd/system/{target}.wants/{unit}", string.Empty) { LinkTo = $"/lib/systemd/system/{unit}" };

    /// <summary>The files of a unit of the lab's own, which starts at boot.</summary>
    public static IEnumerable<ServerFile> OwnUnit(string unit) =>
    [
        new ServerFile($"/etc/systemd/system/{unit}", Resources.Read($"server/{unit}")),
        new ServerFile($"/etc/systemd/system/multi-user.target.wants/{unit}", string.Empty) { LinkTo = $"/etc/systemd/system/{unit}" },
    ];

    /// <summary>Adds settings to a unit of systemd; those of several files add up.</summary>
    public static ServerFile DropIn(string unit, string content, string name = "foobar") =>
        new($"/etc/systemd/system/{unit}.d/{name}.conf", content);
}
