"""The nearest right word for a wrong one, as the end of a sentence."""

from collections.abc import Iterable
from difflib import get_close_matches

LISTED = 24
# What other tools call a key, where that is nowhere near.
_CALLED = {"tz": "timezone", "zone": "timezone", "from": "of", "since": "of", "every": "per", "limit": "max"}
_LONGEST = 200  # what is longer is no slip of a word, and comparing it would take its time
_A_BEGINNING = 3  # letters, from which on they are taken for the beginning of a word


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean X?)`, or what there is to choose from where nothing is near and the choice is small."""
    words = sorted(set(known))
    if (called := _CALLED.get(word.lower())) in words:
        return f" (did you mean {called!r}?)"
    lowered = {known_word.lower(): known_word for known_word in words}
    close = get_close_matches(word[:_LONGEST].lower(), lowered, n=1, cutoff=0.6)
    if not close and len(word) >= _A_BEGINNING:
        begun = [known_word for known_word in lowered if known_word.startswith(word.lower())]
        close = begun if len(begun) == 1 else []
    if close:
        return f" (did you mean {lowered[close[0]]!r}?)"
    if words and len(words) <= LISTED:
        return f" (there is: {', '.join(words)})"
    return ""
