"""Awkward strings of every language that somebody on the way may speak: markup, templates, shells, numbers."""

from dataclasses import replace

from tests.attacks.strings import (
    ASCII,
    CONTROL,
    DOTS,
    FORBIDDEN,
    TABBED,
    UNICODE,
    UNICODE_ROWS,
    WORD,
    rows,
)

# fmt: off
FORMAT_ROWS = [
    *rows("quotes", ASCII, "'", '"', "`", "''", '""', '"\'"\'', "O'Neil", '\\"', "\\'", '"""', "'''", '\\', '\\\\', "a\\", '"a', "a'"),
    *rows("templates", ASCII, "{{ 7*7 }}", "{{", "}}", "{% raw %}", "{%", "{# x #}", "{{ secrets.key }}", "{{ lead.text }}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "${{7*7}}", "{{constructor.constructor('return 1')()}}", "{{ ''.__class__.__mro__ }}", "[[${7*7}]]", "@(7*7)", "{7*7}", "{0}", "{lead}", "$lead", "%lead%", "{{{x}}}", "{{ event.id }}", "{% include 'x' %}", "*{7*7}", "~{x}", "{{ x | required }}", "{php}x{/php}"),
    *rows("SQL", ASCII, "' OR 1=1 --", "'; DROP TABLE events; --", '" OR ""="', "1 UNION SELECT NULL", "') OR ('1'='1", "/* x */", "admin'--", "1; PRAGMA writable_schema=ON", "\\'; --", "%_", "' || 'x", "?", "$1", "@@version", "WAITFOR DELAY '0:0:5'", "x' AND 1=(SELECT 1)#"),
    *rows("shell", ASCII, "$(id)", "`id`", "; id", "| id", "&& id", "|| id", "> /tmp/x", "< /etc/passwd", "$HOME", "~", "*", "!!", "\\$(id)", "$((1+1))", "{a,b}", "a & b", "!(x)", "$'\\n'", "<(id)", "%COMSPEC%", "^&", "'$(id)'", "#x", "() { :; }; id"),
    *rows("XML", ASCII, "<", ">", "&", "<a>", "</a>", "<a/>", "&amp;", "&lt;", "&#60;", "&#x3c;", "&nbsp;", "&x;", "<![CDATA[x]]>", "]]>", "]]", "]]]]>>", "a]]>b]]>c", "<!-- x -->", "-->", "<?xml version='1.0'?>", "<?x?>", "?>", "<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "%x;", "&#0;", "&#1;", "&#xFFFF;", "&#x110000;", "xmlns:a='b'", "</soap:Body>", "<Text xsi:nil='true'/>", "'>\"<", "&&&", "&amp;amp;", "<a b='c'>d</a>"),
    *rows("HTML", ASCII, "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\"><svg/onload=1>", "</title>", "<b>x</b>", "&quot;", "&apos;", "&#39;", "<!--[if IE]>", "<style>@import'x'", "data:text/html,x", "<a href=//x>", "</textarea>", "<br>"),
    *rows("JSON", ASCII, '{"a":1}', '{"', '"}', '","x":"', "[1,2]", "[]", "{}", "\\u0041", "\\n", '\\"', "/*x*/", "//x", '"a"', '{"__proto__":{"x":1}}', "a,b", '"', '":', "}}", "]", ")]}',", '{"a":"b"}\\', "\\", "\\/", "\\u", "\\ud83d\\ude00", '[{"$gt":""}]', "NaN,"),
    *rows("URL", ASCII, "/", "//", "/../", "../..", "../../etc/passwd", "a/b", "?", "?a=b", "#", "#a", "&a=b", "a=b&c=d", "=", "+", "a+b", "a b", ";", ";a=b", "@", "a@b", "http://127.0.0.1/", "//evil.example", "\\\\evil\\x", "file:///etc/passwd", "a?b#c", "[", "]", "|", "^", "a&b=c;d", "&", "./", "a/./b", "a/..", "/.", "...", "..a", "~a", "!$'()*,", "mailto:a@b"),
    *rows("URL", DOTS, ".", ".."),
    *rows("URL", replace(DOTS, header="trimmed"), " .", ".. "),
    *rows("percent", ASCII, "%", "%%", "%2", "%2F", "%2f", "%252F", "%00", "%0a", "%0D%0A", "%zz", "%u0041", "%2e%2e", "%2E", "%C0%AF", "%c3%a9", "%E2%28%A1", "100%", "%20", "%26a%3Db", "%23", "%3F", "a%", "%GG", "%-1", "%+", "% 20"),
    *rows("headers", CONTROL, "x\r\nSet-Cookie: a=b", "x\nX-Evil: 1", "x\rX-Evil: 1", "\r\n\r\n<html>", "x\r\n\r\nGET / HTTP/1.1", "x\r\n X: folded", "x\n", "a\r\nContent-Length: 0\r\n\r\n", "\"\r\nSOAPAction: \"x", "x\x85X-Evil: 1"),
    *rows("headers", FORBIDDEN, "x\x0bX: 1", "x\x0cX: 1", "x\x1bX"),
    *rows("headers", UNICODE, "x\u560d\u560aX-Evil: 1", "x\u010d\u010aX: 1", "x\u2028X: 1"),
    *rows("headers", ASCII, "a: b", "a, b", "a; b=c", "a=\"b", "\"", "\"a\"", "gzip, chunked", "W/\"x\"", "Basic eDp5", "bytes=0-", "text/html; charset=utf-7", "x\\r\\nX: 1", "%0d%0aX: 1", "(a"),
    *rows("formats", ASCII, "%s", "%n%n%n", "%x", "%1$s", "%(a)s", "{0.__class__}", "{!r}", "$s", "%d%%", "\\1", "$&", "$1", "\\g<0>", "%99999999s", "{:>9999}", "&1"),
    *rows("numbers", WORD, "0", "-0", "00", "007", "1e5", "1E5", "0x1F", "0b1", "0o17", "1_000", "1.0", "1.", "1e400", "-1", "9007199254740993", "99999999999999999999999", "2147483648", "-2147483649", "NaN", "Infinity", "-Infinity", "inf", "12:30:45", "0.1", "1e-7", "190:20:30", "1.2.3", "0123", "08", "1L", "1f"),
    *rows("numbers", ASCII, "+1", "+0", ".5", "1,000", "1.000,00", "$1", "1 000", "1/2", "50%", "1e+5", "(1)", "#1"),
    *rows("words", WORD, ":id", "-rf", "--help", "a:b", "xsi:nil", ":", "a..", "close", "lead.text", "DROP", "constructor", "CON", "etc"),
    *rows("dates", WORD, "2026-11-23", "2026-02-30", "0000-00-00", "20261123", "2026-11-23T09:15:00Z", "24:00", "2026-W48-1", "1970-01-01", "9999-12-31", "2026-11", "2026-328", "-0001-01-01", "12:00", "now"),
    *rows("dates", ASCII, "11/23/2026", "23.11.26 9:15", "Nov 23, 2026", "2026-11-23 09:15", "2026-11-23T09:15:00+01:00", "P1D/2026", "Mon, 23 Nov 2026 09:15:00 GMT", "2026-11-23T09:15:60,5Z"),
    *rows("booleans", WORD, "true", "false", "True", "FALSE", "yes", "no", "Yes", "NO", "on", "off", "y", "n", "t", "f", "1", "True.", "TRUE"),
    *rows("nulls", WORD, "null", "NULL", "Null", "None", "nil", "undefined", "void", "-", "--", "NA", "N.A.", "none", "nan", "_", "__proto__", "constructor", "toString", "hasOwnProperty"),
    *rows("nulls", ASCII, "~", "n/a", "N/A", "(null)", "<null>", "[]", "{}", "''", "#N/A", "\\N", "(none)"),
    *rows("YAML", ASCII, "a: b", "- a", "? a", "!!python/object:os.system", "!tag", "&a", "*a", "<<: *a", "|", ">", "%YAML 1.1", "@a", "`a", "# x", "a #b", "{a: b}", "[a", "'", "\"a", "---\"", "!!binary aGk=", "=", "!!null ''", "{file: key}", "{env: HOME}"),
    *rows("YAML", WORD, "---", "a...", "1__0", "0o7", "1:20", "Norway.NO", "NO.", "685_230.15", "2001-12-14"),
    *rows("YAML", CONTROL, "a:\n  b: c", "- a\n- b", "|\n  a\n", "---\na"),
    *rows("tables", ASCII, "=1+1", "+1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "a,b", "\"a\",\"b", "a;b", "=HYPERLINK(\"x\")"),
    *rows("tables", TABBED, "a\tb", "=1\t+1"),
    *rows("patterns", ASCII, "(a+)+$", "[", "(", "*", "\\", "^$", ".*", "(?i)a", "a{1,99999}", "\\d+", "[[:alpha:]]", "(?R)", "(?#", "|", "\\p{L}"),
    *rows("LDAP and XPath", ASCII, "*)(uid=*", "' or '1'='1", "//*", "x' or name()='a", "\\2a", "(&(a=b))", "count(//a)"),
    *rows("logs", CONTROL, "x\nlevel=error msg=fake", "x\n{\"event\": \"fake\"}", "x\ry"),
    *rows("logs", FORBIDDEN, "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x08\x08x", "a\x7fb\x1b[2J"),
    *rows("logs", ASCII, "${jndi:ldap://x/a}", "x level=error", "[ERROR] x", "***", "Traceback (most recent call last):"),
    *rows("lines", CONTROL, "a\nb", "a\r\nb", "a\rb", "a\n\nb", "a\r\r\nb", "a\n\rb", "one\ntwo\nthree"),
    *rows("lines", UNICODE, "a\u2028b\u2029c"),
    *rows("mail", ASCII, "a@b.example", "\"a b\"@c.example", "a+b@c.example", "a@[127.0.0.1]", "<a@b>", "a@b@c", "A B <a@b>", "%61@b", "a'b@c.example", "post@"),
    *rows("long", WORD, "a" * 128),
    *rows("long", ASCII, "a" * 129, "a" * 5000, "<" * 1000, "&" * 1000, "]]>" * 500, "{{" * 1000, "\\" * 2000, "\"" * 1000, "%" * 1500, "../" * 500, "a " * 1000 + "a", "0" * 400, "9" * 1100),
    *rows("long", UNICODE, "é" * 1000, "😀" * 300, "\u0301" * 700, "ﷺ" * 300, "\u202e" * 300),
    *rows("long", CONTROL, "a\n" * 500 + "a", "\r\n" * 300 + "a"),
]
# fmt: on

ROWS = {row.name: row for row in (*UNICODE_ROWS, *FORMAT_ROWS)}
