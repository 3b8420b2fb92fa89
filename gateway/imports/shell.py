"""A pasted command line as words: of a POSIX shell, with $'...' as browsers write it, or of cmd.exe."""

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"(?P<blank>[ \t\n]+)|(?P<joined>\\\n)|\$'(?P<ansi>(?:[^'\\]|\\.)*)'|'(?P<single>[^']*)'"
    r'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<end>[|>;]|&&)|(?P<plain>[^\s\'"\\$|>;&]+|[$&])',
    re.DOTALL,
)
_IN_DOUBLE = re.compile(r'\\([$`"\\])|\\\n')
_ANSI = re.compile(
    r"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<u>[0-9a-fA-F]{1,4})|U(?P<U>[0-9a-fA-F]{1,8})|x(?P<x>[0-9a-fA-F]{1,2})|(?P<o>[0-7]{1,3})|(?P<c>.))",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
# A caret before a quote or a line's end, with nothing before it that cmd.exe does not know as a quote.
_WINDOWS = re.compile(r"""(?:[^'"^]|"[^"]*")*\^["\n]""")


def words(text: str) -> list[str]:
    """The words of the first command in a text; a `$` before it and what comes behind it in a pipe are left out.

    Raises ValueError where quotes do not pair, or bytes are not UTF-8.
    """
    text = text.replace("\r\n", "\n").strip().removeprefix("$ ")
    found = list(_windows(text) if _WINDOWS.match(text) else _posix(text))
    try:
        return [word.encode("utf-8", "surrogateescape").decode() for word in found]
    except UnicodeError:
        raise ValueError("the command holds bytes that are no UTF-8 (paste it as UTF-8)") from None


def _posix(text: str) -> Iterator[str]:
    at, word = 0, None
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            if text[at:] == "\\":
                raise ValueError("the command ends where a line was to follow (paste the whole command)")
            line = text.count("\n", 0, at) + 1
            raise ValueError(
                f"the quotes in line {line} of the command do not pair (paste the whole command)"
            )
        at = piece.end()
        if piece.lastgroup == "end" and word is None:
            break
        if piece.lastgroup == "blank":
            if word is not None:
                yield word
            word = None
        elif piece.lastgroup != "joined":
            word = (word or "") + _meant(piece)
    if word is not None:
        yield word


def _meant(piece: re.Match[str]) -> str:
    kind, text = str(piece.lastgroup), piece[str(piece.lastgroup)]
    if kind == "ansi":
        return _ANSI.sub(_character, text)
    return _IN_DOUBLE.sub(lambda found: found[1] or "", text) if kind == "double" else text


def _character(found: re.Match[str]) -> str:
    """The character of one escape of $'...'; a byte above ASCII stands as a surrogate until all are together."""
    if found["high"]:
        pair = bytes.fromhex(found["high"] + found["low"])
        return pair.decode("utf-16-be")
    if found["u"] or found["U"]:
        return chr(min(int(found["u"] or found["U"], 16), 0x10FFFF))
    if found["x"] or found["o"]:
        byte = int(found["x"], 16) if found["x"] else int(found["o"], 8) & 0xFF
        return bytes([byte]).decode("ascii", "surrogateescape")
    return _LETTERS.get(found["c"], found["c"])


def _windows(text: str) -> Iterator[str]:
    """The words as cmd.exe, and then the C library, would read them."""
    return _arguments(_without_carets(text))


def _without_carets(text: str) -> str:
    kept: list[str] = []
    quoted, at = False, 0
    while at < len(text):
        char = text[at]
        if char == "^" and (not quoted or text.startswith("\n", at + 1)):
            at += 1
            kept.append("" if text.startswith("\n", at) else text[at : at + 1])
        else:
            quoted ^= char == '"'
            kept.append(char)
        at += 1
    return "".join(kept)


def _arguments(line: str) -> Iterator[str]:
    word: str | None = None
    quoted, at = False, 0
    while at < len(line):
        char, pair = line[at], line[at : at + 2]
        if pair in ('\\"', "\\\\") or (quoted and pair == '""'):
            word, at = (word or "") + pair[1], at + 1
        elif char == '"':
            quoted, word = not quoted, word or ""
        elif quoted or not char.isspace():
            word = (word or "") + char
        elif word is not None:
            yield word
            word = None
        at += 1
    if quoted:
        raise ValueError("the quotes of the command do not pair (paste the whole command)")
    if word is not None:
        yield word
