"""Signed messages that were taken: one that asks for an act is good for that once, at that path, and never again."""


class Messages:
    """Those whose signature would still be right by the time in it. Forgotten when the daemon ends."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}

    def take(self, whose: str, id: str, until: float, now: float) -> bool:
        """Whether it is new. whose: the token's name; until: when its signature is too old. Seconds since 1970."""
        while self._until and self._until[oldest := next(iter(self._until))] < now:
            del self._until[oldest]
        if self._until.get((whose, id), -1.0) >= now:
            return False
        self._until.pop((whose, id), None)
        self._until[whose, id] = until
        return True
