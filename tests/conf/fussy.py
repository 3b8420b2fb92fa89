"""A criterion whose settings fail where they are looked through, in the way that its conf asks for."""

from collections.abc import Mapping, Sequence

from gateway import Pass, Settings, Verdict, hookimpl


class Fussy(Settings):
    fails: str
    """Which property."""

    @property
    def doubt(self) -> str | None:
        return self._fail("doubt", None)

    @property
    def heeds_blanks(self) -> bool:
        return self._fail("heeds_blanks", False)

    @property
    def admits(self) -> Mapping[str, Sequence[str]]:
        return self._fail("admits", {})

    def _fail(self, name, otherwise):
        if self.fails == name:
            raise SystemExit(3)
        return otherwise


@hookimpl
def settings() -> type[Fussy]:
    return Fussy


@hookimpl
async def veto() -> Verdict:
    return Pass()
