"""Words of a command line as shells read them."""

import re

import pytest

from gateway.imports.shell import words

CASES = {
    "plain words": ("curl -d a=b http://x", ["curl", "-d", "a=b", "http://x"]),
    "a prompt before it": ("$ curl http://x", ["curl", "http://x"]),
    "a line that goes on": ("curl \\\n  -d a \\\r\n  http://x", ["curl", "-d", "a", "http://x"]),
    "single quotes keep everything": ("curl 'a \\ \"b\" $c'", ["curl", 'a \\ "b" $c']),
    "a quote within single quotes": ("curl 'it'\\''s'", ["curl", "it's"]),
    "double quotes know four escapes": ('curl "a \\" \\\\ \\$ \\n"', ["curl", 'a " \\ $ \\n']),
    "an empty word": ("curl '' \"\"", ["curl", "", ""]),
    "an escaped blank": ("curl a\\ b", ["curl", "a b"]),
    "an address without quotes": ("curl http://x?a=1&b=2", ["curl", "http://x?a=1&b=2"]),
    "a name to fill in, without quotes": ("curl http://x/<id>", ["curl", "http://x/<id>"]),
    "what comes behind a pipe": ("curl http://x | jq .a", ["curl", "http://x"]),
    "a redirected answer": ("curl http://x > file", ["curl", "http://x"]),
    "a second command": ("curl http://x && echo", ["curl", "http://x"]),
    "escapes as browsers write them": (r"curl $'it\'s\n\t\u0021\\ \x41\101'", ["curl", "it's\n\t!\\ AA"]),
    "a character as two escapes": (r"curl $'\ud83d\ude00'", ["curl", "😀"]),
    "UTF-8 as bytes": (r"curl $'\xc3\xa9'", ["curl", "é"]),
    "cmd.exe, as browsers write it today": (
        'curl ^"http://x/?a=1^&b=2^" ^\r\n  -H ^"a: b^" ^\r\n  --data-raw ^"^{^\\^"a^\\^":^\\^"100^%^\\^"^}^"',
        ["curl", "http://x/?a=1&b=2", "-H", "a: b", "--data-raw", '{"a":"100%"}'],
    ),
    "cmd.exe, as browsers wrote it": (
        'curl "http://x/" ^\n  -H "a: b" ^\n  --data-raw "{""a"":""b\\\\""}"',
        ["curl", "http://x/", "-H", "a: b", "--data-raw", '{"a":"b\\"}'],
    ),
    "a line break in the data, for cmd.exe": ('curl ^"a^\n\nb^"', ["curl", "a\nb"]),
    "a caret in a POSIX shell": ("curl 'a^' \"^\"", ["curl", "a^", "^"]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_words(text, expected):
    """A command line becomes the words that the program is given."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("curl \\\n 'a", "the quotes in line 2 of the command do not pair (paste the whole command)"),
        ("curl http://x \\\n", "the command ends where a line was to follow (paste the whole command)"),
        ('curl ^"a', "the quotes of the command do not pair (paste the whole command)"),
        (r"curl $'\xff'", "the command holds bytes that are no UTF-8 (paste it as UTF-8)"),
    ],
)
def test_what_cannot_be_read(text, sentence):
    """Half a command is refused."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        words(text)
