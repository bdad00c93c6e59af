using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>What of a lab is on this machine: nothing must be after its removal.</summary>
internal static class Traces
{
    public static async Task<IReadOnlyList<string>> FindAsync(string lab, int slot)
    {
        string directory = LabFiles.Of(lab).Directory;
        AddressPlan addresses = new(slot);
        string routes = await Tool.RunAsync("ip", ["route"]) + await Tool.RunAsync("ip", ["-6", "route"]);
        return
        [
            .. MountTable.Read()
                .Where(mount => mount.Point.StartsWith(directory + "/", StringComparison.Ordinal))
                .Select(mount => $"mount {mount.Point}"),
            .. Existing("/run/netns", lab).Select(one => $"namespace {one}"),
            .. Existing("/etc/netns", lab).Select(one => $"names {one}"),
            .. Existing("/run/systemd/nspawn/propagate", lab).Select(one => $"container {one}"),
            .. Directory.GetDirectories("/sys/class/net")
                .Where(one => Path.GetFileName(one) == NetworkNames.Operator(slot))
                .Select(one => $"interface {one}"),
            .. routes.Split('\n')
                .Where(
                    line =>
                        line.Contains($"{addresses.V4(LabNetworkName.Public)}", StringComparison.Ordinal)
                            || line.Contains($"{addresses.V6(LabNetworkName.Public)}", StringComparison.Ordinal))
                .Select(line => $"route {line}"),
            .. ControlGroups.Directories(lab).Where(Directory.Exists).Select(one => $"control group {one}"),
            .. Processes(directory),
            .. (await Tool.RunAsync("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"]))
                .Split('\n')
                .Where(line => line.StartsWith(directory + "/", StringComparison.Ordinal))
                .Select(line => $"loop device {line}"),
            .. new[] { directory }.Where(Directory.Exists).Select(one => $"directory {one}"),
        ];
    }

    private static IEnumerable<string> Existing(string directory, string lab) => Directory.Exists(directory)
        ? Directory.GetFileSystemEntries(directory)
            .Where(
                one =>
                    Path.GetFileName(one) is string name
                        && (name == $"foobar-{lab}"
                            || name.StartsWith($"foobar-{lab}-", StringComparison.Ordinal)
                            || name.StartsWith($"{lab}-", StringComparison.Ordinal)))
        : [];

    private static IEnumerable<string> Processes(string directory)
    {
        foreach (string process in Directory.GetDirectories("/proc").Where(one => char.IsAsciiDigit(Path.GetFileName(one)[0])))
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
            }
            catch (IOException)
            {
                continue;
            }

            if (command.Contains(directory + "/", StringComparison.Ordinal))
            {
                yield return $"process {command}";
            }
        }
    }
}
