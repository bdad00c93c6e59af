using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.LoadBalancing;

/// <summary>
/// Changes whether a server starts in maintenance, in HAProxy's configuration, and leaves all else as it was, byte for byte.
/// What counts is what a start makes of the server with all that it inherits, so that is worked out anew after the change.
/// </summary>
internal static class HaproxyConfiguration
{
    /// <summary>The text of a configuration in one file, with a server of a backend (or listen section) disabled or not.</summary>
    /// <exception cref="FoobarException">As for the other overload.</exception>
    public static string WithDisabled(string text, string backend, string server, bool disabled) =>
        WithDisabled([new HaproxyFile(HaproxyFiles.Usual, text)], backend, server, disabled)[0].Text;

    /// <summary>The files with a server of a backend (or listen section) disabled or not.</summary>
    /// <param name="files">The files, in the order in which HAProxy reads them.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="server">The server's name in it.</param>
    /// <param name="disabled">Whether it shall start in maintenance.</param>
    /// <exception cref="FoobarException">
    /// <c>BackendNotInConfiguration</c>: there is no such line; <c>EndpointRefused</c>: it can't be told what a start would make
    /// of the server, or it would take no traffic all the same; <c>OutputNotUnderstood</c>: a quote is not closed.
    /// </exception>
    public static IReadOnlyList<HaproxyFile> WithDisabled(IReadOnlyList<HaproxyFile> files, string backend, string server, bool disabled)
    {
        (HaproxySection section, HaproxyLine line, ServerStart start) = Find(files, backend, server);
        RefuseDoubts(start);
        if (start.IsDisabled == disabled)
        {
            RefuseOther(start, disabled);
            return files;
        }

        List<HaproxyFile> changed = [.. files];
        int index = changed.FindIndex(file => file.Path == section.File.Path);
        string stripped = Strip(section.File.Text, line);
        changed[index] = section.File with { Text = stripped };
        if (disabled || Find(changed, backend, server).Start.IsDisabled)
        {
            changed[index] =
                section.File with { Text = Append(stripped, Find(changed, backend, server).Line, disabled ? "disabled" : "enabled") };
        }

        ServerStart after = Find(changed, backend, server).Start;
        RefuseDoubts(after);
        RefuseOther(after, disabled);
        return changed;
    }

    private static (HaproxySection Section, HaproxyLine Line, ServerStart Start) Find(
        IReadOnlyList<HaproxyFile> files, string backend, string server)
    {
        IReadOnlyList<HaproxySection> sections = HaproxySection.Of(files);
        (HaproxySection Section, HaproxyLine Line)[] found =
        [
            .. from section in sections
               where ServerStartReader.IsBackend(section, backend)
               from line in section.Lines
               where ServerStartReader.IsServer(line) && line.Words[1].Text == server
               select (section, line),
        ];
        return found.Length switch
        {
            1 => (found[0].Section, found[0].Line, ServerStartReader.Read(sections, found[0].Section, found[0].Line)),
            0 => throw new FoobarException(
                "BackendNotInConfiguration", ErrorKind.NotFound,
                $"HAProxy's configuration has no line 'server {server}' in the backend '{backend}'.")
            {
                Recommendation =
                    "Name the servers of the backend as its configuration does, one line each; a server of a server-template can't be set "
                        + "by itself.",
            },
            _ => throw Refused(backend, server, $"its configuration has {found.Length} lines for it"),
        };
    }

    private static void RefuseDoubts(ServerStart start)
    {
        if (start.Doubts.Count > 0)
        {
            throw Refused(start.Backend, start.Name, $"what a start would make of it can't be told: {string.Join("; ", start.Doubts)}");
        }
    }

    private static void RefuseOther(ServerStart start, bool disabled)
    {
        if (start.TakesTraffic == disabled)
        {
            throw Refused(start.Backend, start.Name, $"after a start it would be {start}");
        }
    }

    private static FoobarException Refused(string backend, string server, string problem) =>
        new("EndpointRefused", ErrorKind.Refused, $"HAProxy's configuration can't be changed for '{backend}/{server}': {problem}.")
        {
            Recommendation = "Write 'enabled' or 'disabled' on the server's own line by hand, mend what the message names, and try again.",
        };

    /// <summary>Takes <c>enabled</c> and <c>disabled</c> off a server's line, each with the blanks before it.</summary>
    private static string Strip(string text, HaproxyLine line)
    {
        foreach (ServerOption option in ServerOption.Read(line.Words.Skip(3))
            .Where(option => option.Name is "enabled" or "disabled")
            .Reverse())
        {
            int start = option.Word.Start;
            while (text[start - 1] is ' ' or '\t')
            {
                start--;
            }

            text = text.Remove(start, option.Word.End - start);
        }

        return text;
    }

    private static string Append(string text, HaproxyLine line, string word) => text.Insert(line.Words[^1].End, " " + word);
}
