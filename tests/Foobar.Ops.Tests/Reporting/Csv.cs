using System.Text;

namespace Foobar.Ops.Tests.Reporting;

/// <summary>Reads CSV by the grammar of RFC 4180 and refuses everything else.</summary>
internal static class Csv
{
    public static string[][] Read(string text)
    {
        List<string[]> records = [];
        List<string> record = [];
        int at = 0;
        while (at < text.Length)
        {
            record.Add(Field(text, ref at));
            if (text[at] == ',')
            {
                at++;
                continue;
            }

            Assert.Equal("\r\n", text[at..(at + 2)]);
            at += 2;
            records.Add([.. record]);
            record.Clear();
        }

        Assert.Empty(record);
        return [.. records];
    }

    private static string Field(string text, ref int at)
    {
        Assert.Equal('"', text[at++]);
        StringBuilder field = new();
        while (text[at] != '"' || text[at + 1] == '"')
        {
            field.Append(text[at]);
            at += text[at] == '"' ? 2 : 1;
        }

        at++;
        return field.ToString();
    }
}
