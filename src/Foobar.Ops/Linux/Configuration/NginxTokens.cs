using System.Text;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>
/// The words of nginx's configuration by nginx's own rules (ngx_conf_file.c): a quote opens only at the start of a word, a
/// comment too; a brace is part of a word behind <c>$</c>; a closing brace ends a block only at the start of a word.
/// </summary>
internal sealed class NginxTokens(string text, string source)
{
    private int _at;

    /// <summary>The number of the line that is being read, counted from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>Reads a word, or one of <c>;</c>, <c>{</c> and <c>}</c> as a mark; <see langword="null"/> at the end.</summary>
    /// <exception cref="Errors.ParseException">A quote is not closed, or a word follows one without a blank.</exception>
    public (string Text, bool IsMark)? Next()
    {
        SkipBlanks();
        if (_at >= text.Length)
        {
            return null;
        }

        char first = text[_at];
        if (first is ';' or '{' or '}')
        {
            _at++;
            return (first.ToString(), true);
        }

        return (first is '"' or '\'' ? Quoted(first) : Plain(), false);
    }

    /// <summary>Passes over a block in another language (<c>content_by_lua_block</c>) behind its opening brace.</summary>
    /// <exception cref="Errors.ParseException">It does not end.</exception>
    public void SkipForeignBlock()
    {
        for (int depth = 1; depth > 0; Advance())
        {
            switch (_at < text.Length ? text[_at] : throw Unexpected("the end of the block", "the end of the file"))
            {
                case '{':
                    depth++;
                    break;
                case '}':
                    depth--;
                    break;
                case '"' or '\'':
                    SkipForeignText(text[_at]);
                    break;
                case '-' when text.AsSpan(_at).StartsWith("--", StringComparison.Ordinal):
                    _at = text.IndexOf('\n', _at) is >= 0 and int end ? end - 1 : text.Length - 1;
                    break;
                default:
                    break;
            }
        }
    }

    private void SkipForeignText(char quote)
    {
        for (Advance(); _at < text.Length && text[_at] != quote && text[_at] != '\n'; Advance())
        {
            if (text[_at] == '\\')
            {
                Advance();
            }
        }
    }

    private void SkipBlanks()
    {
        while (_at < text.Length && (text[_at] is ' ' or '\t' or '\r' or '\n' or '#'))
        {
            if (text[_at] == '#')
            {
                _at = text.IndexOf('\n', _at) is >= 0 and int end ? end : text.Length;
            }
            else
            {
                Advance();
            }
        }
    }

    private void Advance()
    {
        if (_at < text.Length && text[_at++] == '\n')
        {
            Line++;
        }
    }

    private string Quoted(char quote)
    {
        StringBuilder word = new();
        for (_at++; _at < text.Length && text[_at] != quote; Advance())
        {
            Take(word);
        }

        if (_at >= text.Length)
        {
            throw Unexpected($"a closing {quote}", "the end of the file");
        }

        _at++;

        // A closing parenthesis may follow at once: if ($x = "y").
        return _at >= text.Length || text[_at] is ' ' or '\t' or '\r' or '\n' or ';' or '{' or ')'
            ? word.ToString()
            : throw Unexpected("a blank behind a quoted word", $"'{text[_at]}'");
    }

    private string Plain()
    {
        StringBuilder word = new();
        bool variable = false;
        for (; _at < text.Length
            && (text[_at] is not (' ' or '\t' or '\r' or '\n' or ';' or '{') || (text[_at] == '{' && variable)); Advance())
        {
            variable = text[_at] == '$';
            Take(word);
        }

        return word.ToString();
    }

    /// <summary>Takes a character, or what an escape stands for; nginx keeps the backslash of an escape that it does not know.</summary>
    private void Take(StringBuilder word)
    {
        if (text[_at] != '\\' || _at + 1 >= text.Length)
        {
            word.Append(text[_at]);
            return;
        }

        Advance();
        _ = text[_at] switch
        {
            '"' or '\'' or '\\' => word.Append(text[_at]),
            't' => word.Append('\t'),
            'r' => word.Append('\r'),
            'n' => word.Append('\n'),
            _ => word.Append('\\').Append(text[_at]),
        };
    }

    /// <summary>The error of something else than expected, at this place.</summary>
    public Errors.ParseException Unexpected(string expected, string found) =>
        new(null, source, Line, $"expected {expected}, found {found}.");
}
