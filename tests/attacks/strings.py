"""Awkward strings, and what must become of each: the same text at the receiver, or a refusal that says why.

A fate says what a string meets at each place that it may be mapped to. Nowhere is it altered in silence.
"""

import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Fate:
    """What becomes of a string.

    taken: the intake takes it as a value; id: also as an id; body: in query, formpost and json (`blank`: left out, and
    the attempt says so); xml: in xml and soap (`removed`: what XML forbids is taken out, and the attempt says so);
    header: also as a SOAPAction (`trimmed`: HTTP itself has no blanks at the ends, `dropped`: as is blank); path: as a
    part of the address.
    """

    taken: bool = True
    id: bool = False
    body: Literal["same", "blank"] = "same"
    xml: Literal["same", "blank", "removed"] = "same"
    header: Literal["same", "trimmed", "dropped", "parked"] = "same"
    path: Literal["same", "parked"] = "same"


ASCII = Fate()
WORD = Fate(id=True)
UNICODE = Fate(header="parked")  # no two servers read the same letters from such a header
EDGED = Fate(header="trimmed")  # blanks at the ends
TABBED = Fate(path="parked")
CONTROL = Fate(header="parked", path="parked")  # line breaks and other controls that XML can carry
FORBIDDEN = Fate(xml="removed", header="parked", path="parked")  # XML 1.0, production 2
NO_XML = Fate(xml="removed", header="parked")
SPACE = Fate(body="blank", xml="blank", header="dropped", path="parked")
DOTS = Fate(path="parked")  # a segment of its own
NEVER = Fate(taken=False)


@dataclass(frozen=True)
class Row:
    """One awkward string."""

    name: str
    text: str
    fate: Fate


def rows(group: str, fate: Fate, *texts: str) -> list[Row]:
    """Strings of one kind, named by how they are written."""
    return [Row(f"{group}: {_written(text)}", text, fate) for text in texts]


def _written(text: str) -> str:
    written = ascii(text)[1:-1]
    return written if len(written) <= 60 else f"{written[:40]}... ({len(text)} long, {hash_of(text):06x})"


def hash_of(text: str) -> int:
    """Tells long strings apart, the same in every process."""
    return int.from_bytes(text.encode(errors="surrogatepass")[-3:], "big")


def amid(char: str) -> str:
    """A character between letters, where nothing trims it."""
    return f"a{char}b"


def _amid(group: str, fate: Fate, codes: Iterable[int]) -> list[Row]:
    return [
        Row(f"{group}: U+{code:04X} {unicodedata.name(chr(code), '')}".strip(), amid(chr(code)), fate)
        for code in codes
    ]


def _of_each_category() -> list[Row]:
    """The last character of each general category, and the first beyond ASCII; controls and surrogates have rows of their own."""
    found: dict[str, list[int]] = {}
    for code in range(0xA1, 0x32000):
        category = unicodedata.category(chr(code))
        if category not in ("Cc", "Cs", "Zl", "Zp", "Zs", "Co"):
            first, *_ = found.setdefault(category, [code, code])
            found[category] = [first, code]
    return [
        row
        for name, codes in sorted(found.items())
        for row in _amid(f"category {name}", UNICODE, sorted({*codes}))
    ]


# fmt: off
BLANKS = [code for code in range(0x80, 0x3001) if unicodedata.category(chr(code)) == "Zs"]
BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
WIDTHLESS = [0x00AD, 0x034F, 0x115F, 0x17B4, 0x180E, *range(0x200B, 0x200E), *range(0x2060, 0x2065), 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xE0100]
ALONE = [chr(code) for code in (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0, 0x2003, 0x2028, 0x2029, 0x3000)]

UNICODE_ROWS = [
    *_amid("control", FORBIDDEN, (code for code in range(1, 0x20) if code not in (0x09, 0x0A, 0x0D))),
    *_amid("control", TABBED, [0x09]),
    *_amid("control", CONTROL, [0x0A, 0x0D, *range(0x7F, 0xA0)]),
    *_of_each_category(),
    *_amid("blank", UNICODE, BLANKS),
    *_amid("bidi", UNICODE, BIDI),
    *_amid("widthless", UNICODE, WIDTHLESS),
    *_amid("line separator", UNICODE, [0x2028, 0x2029]),
    *(row for plane in range(17) for row in _amid(f"plane {plane}", UNICODE, [plane * 0x10000 + 0xABCD])),
    *_amid("plane 15 and 16, private", UNICODE, [0xE000, 0xF8FF, 0xF0000, 0xFFFFD, 0x100000, 0x10FFFD]),
    *_amid("no character", UNICODE, [0xFDD0, 0xFDEF]),
    *_amid("no character", NO_XML, [0xFFFE, 0xFFFF]),
    *(row for plane in range(1, 17) for row in _amid("no character", UNICODE, [plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF])),
    *_amid("special", UNICODE, [0xFFF9, 0xFFFC, 0xFFFD, 0xFE14, 0x2FF0, 0x1D173, 0xE0001, 0xE007F]),
    *rows("alone", SPACE, *ALONE),
    *rows("blanks alone", SPACE, "    ", "\t \t", "\r\n\r\n", " \xa0\u2003"),
    *rows("blanks at the ends", EDGED, " a", "a ", "   a b   "),
    *rows("blanks at the ends", replace(EDGED, path="parked"), "\ta", "a\t"),
    *rows("line breaks at the ends", CONTROL, "\na", "a\n", "\r\na", "a\r\n", "\r\ra", "\x85a", "a\x85"),
    *rows("controls at the ends", FORBIDDEN, "\x1ca", "a\x1f", "\x0ba\x0c"),
    *rows("blanks at the ends", UNICODE, "\xa0a", "a\u3000", "\u2028a\u2029", "\ufeffa", "a\ufeff"),
    *rows("combining", UNICODE, "e\u0301", "\u0301e", "\u0301", "Z\u0335\u0321\u0322\u0327\u0328" * 20, "\u0e01\u0e33", "क्षि", "நி", "각", "\u20dd"),
    *rows("normal forms", UNICODE, "é", "ﬁ", "①", "Å Å Å", "ẛ̣", "ﷺ", "ｆｕｌｌ", "㎏", "ſ", "Ⅷ", "\u212a", "\u0344", "𝔘𝔫𝔦", "\ufb4f", "\uf900", "ǆ"),
    *rows("case", UNICODE, "İstanbul", "ıI", "ß", "ẞ", "ΣΑΣ", "ŉ", "ΐ"),
    *rows("emoji", UNICODE, "👨‍👩‍👧‍👦", "🏳️‍🌈", "👩🏽‍🚒", "🇩🇪🇺🇸", "1️⃣", "❤️‍🔥", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "😀" * 100, "🫠", "☺", "☺️", "👍🏿", "\u200d", "🧑‍"),
    *rows("right to left", UNICODE, "שלום (עולם)", "مرحبا 123", "abc \u202egpj.exe", "\u2067אבג\u2069 x", "ܫܠܡܐ", "ހެލޯ"),
    *rows("look-alikes", UNICODE, "раyраl.com", "аdmin", "＜script＞", "＇ OR １=１", "․․／", "∕etc∕", "。。", "１２７.０.０.１", "；", "‘’“”", "−1", "‚", "ａ＝ｂ＆ｃ", "％０ａ", "ＮＵＬＬ"),
    *rows("scripts", UNICODE, "Zoë", "日本語", "Привет", "ελληνικά", "ไทย", "தமிழ்", "አማርኛ", "ᏣᎳᎩ", "한국어", "ქართული", "𐍈𐌰", "𓀀", "𠜎", "😀é日ب", "ᠮᠣᠩᠭᠣᠯ", "ꦲ"),
    *rows("mojibake", UNICODE, "ZoÃ«", "â€™", "Ð¿", "ï»¿a", "\xff\xfe", "�", "Zo\xeb \ufffd"),
    *rows("half a character", NEVER, *(chr(code) for code in (0xD800, 0xDBFF, 0xDC00, 0xDFFF))),
    *rows("half a character", NEVER, "\udc00\ud800", "a\ud83d", "\ude00b", "\ud83d\ud83d\ude00"),
    *rows("NUL", NEVER, "\0", "a\0b", "a\0", "\0a", "a.php\0.jpg"),
    *rows("no half character", ASCII, r"\ud800", r"\uD83D\uDE00", "&#xD800;", "%ED%A0%80", r"\xed\xa0\x80", "&#55357;", "U+D800", r"\u0000", "&#0;", "%00", r"\0", r"\x00"),
    *_amid("beside the halves", UNICODE, [0xD7FF, 0xE000]),
]
# fmt: on
if sys.maxunicode != 0x10FFFF:  # what follows would not be what it says
    raise RuntimeError("this Python does not know all planes")
