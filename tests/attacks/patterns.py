"""Patterns that hang other engines, or that no engine should take: what `check` says of each; "" where it is taken."""

from typing import Final

LOOK_AHEAD, LOOK_BEHIND = "look-ahead", "look-behind"
BACK, LARGE, UNREAD = "a back-reference", "too large when written out", "cannot be read"

PATTERNS: Final[dict[str, tuple[str, str]]] = {
    # what has taken sites down
    "nested-plus": (r"(a+)+$", ""),
    "nested-star": (r"(a*)*b", ""),
    "nested-five-deep": (r"(((((a+)+)+)+)+)+$", ""),
    "one-of-the-same": (r"(a|a)*c", ""),
    "one-of-overlapping": (r"(a|aa|ab|b)+c", ""),
    "three-pluses": (r"(x+x+)+y", ""),
    "stack-overflow-2016": (r"^[\s\u200c]+|[\s\u200c]+$", UNREAD),
    "stack-overflow-in-re2": (r"^[\s\x{200c}]+|[\s\x{200c}]+$", ""),
    "cloudflare-2019": (r"(?:(?:\"|'|\]|\}|\\|\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|`|\-|\+)+[)]*;?((?:\s|-|~|!|{}|\|\||\+)*.*(?:.*=.*)))", ""),
    "an-address-of-mail": (r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$", ""),
    "words-and-blanks": (r"^(\w+\s?)*$", ""),
    "a-java-class": (r"^(([a-z])+.)+[A-Z]([a-z])+$", ""),
    "columns-of-a-table": (r"^(.*?,){11}P", ""),
    "any-any-any": (r".*.*.*=.*", ""),
    "lines": (r"(?m)^(?:[^\n]*\n?)*z", ""),
    "dots-across-lines": (r"(?s)(.+)+\x00", ""),
    # what fills the cache of states
    "a-far-end": (r"a[ab]{60}c", ""),
    "a-far-end-twice": (r"(a|b)*a(a|b){40}c", ""),
    "a-far-end-of-all": (r"[^c]*a[^c]{20}c", ""),
    "a-far-digit": (r"a\w{12}\d", ""),
    # repetitions
    "a-thousand-times": (r"a{1000}", ""),
    "a-thousand-and-one": (r"a{1001}", UNREAD),
    "a-million": (r"a{1000000}", UNREAD),
    "thirty-cubed": (r"((x{1,30}){1,30}){1,30}", "|".join((LARGE, UNREAD))),
    "maybe-and-must": (r"(a?){300}a{300}", ""),
    "ten-to-the-three": (r"(((a{10}){10}){9}b)", ""),
    "ten-to-the-four": (r"((((a{10}){10}){10}){10})", "|".join((LARGE, UNREAD))),
    "backwards": (r"a{9,1}", UNREAD),
    # letters of the world
    "letters": (r"(\pL+)+\d", ""),
    "letters-thrice": (r"\pL\pL\pL", LARGE),
    "no-such-letters": (r"\p{Klingon}", UNREAD),
    "case-of-everything": (r"(?i)([a-zäöüßſK]+)+1", ""),
    "a-range-of-everything": (r"[\x{0}-\x{10ffff}]*z", ""),
    "beyond-everything": (r"\x{110000}", UNREAD),
    # constructs that must go back
    "look-ahead": (r"(?=(a+))a*b", LOOK_AHEAD),
    "look-ahead-not": (r"^(?!.*(.).*\1).*$", LOOK_AHEAD),
    "look-behind": (r"(?<=a+)b", LOOK_BEHIND),
    "look-behind-not": (r"(?<!a)b", LOOK_BEHIND),
    "back-reference": (r"(a+)\1+$", BACK),
    "back-reference-by-name": (r"(?P<n>a+)(?P=n)", BACK),
    "atomic": (r"(?>a+)+b", "an atomic group"),
    "possessive": (r"(a++)+b", "a possessive repetition"),
    "conditional": (r"(a)?(?(1)b|c)", "a conditional"),
    "comment": (r"a(?#b)", "a comment"),
    "recursion": (r"(?R)*a", UNREAD),
    "a-single-byte": (r"\C*a", "a single byte"),
    # slips
    "nothing": (r"", "is empty|no second slash"),
    "empty-choices": (r"(|a|)*b", ""),
    "nothing-many-times": (r"(()*)*b", ""),
    "an-unknown-escape": (r"\y", UNREAD),
    "a-last-backslash": ("a\\", UNREAD),
    "open": (r"((((((a", UNREAD),
    "closed": (r"a)", UNREAD),
    "open-class": (r"[a-", UNREAD),
    "class-backwards": (r"[z-a]", UNREAD),
    "star-of-nothing": (r"*", UNREAD),
    "nul": ("a\x00b", ""),
    "a-thousand-brackets": ("(" * 400 + "a" + ")" * 400, ""),
    "longer-than-a-page": ("a" * 5000, "longer than 1,000 characters"),
    "flags-unknown": ("/a/gx", "unknown flag"),
    "flags-against-each-other": ("/a/ic", "both ignores and heeds"),
}  # fmt: skip
