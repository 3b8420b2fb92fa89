"""The criterion `reasons`: the source takes only the reasons on its list."""

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, ConfigDict, RootModel, WithJsonSchema, field_validator

from gateway import Endpoint, Pass, Template, Verdict, Veto, View, hookimpl, is_blank
from plugins.criteria.words import shown, text

_PASS = Pass()
_REASON = Template.compile("{{ feedback.reason }}")


def _as_text(value: Any) -> str:
    if is_blank(value) or not isinstance(value, (str, int, Decimal)) or isinstance(value, bool):
        raise ValueError("a reason is text (write it as it is posted)")
    return text(value) or ""


def _listed(value: Any) -> Any:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of reasons belongs here (write each behind a dash)")
    return value


_Reason: TypeAlias = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number"]})]


class Reasons(RootModel[tuple[_Reason, ...]]):
    """The reasons that the source takes, in any case."""

    model_config = ConfigDict(frozen=True)

    _list = field_validator("root", mode="before")(_listed)

    @cached_property
    def folded(self) -> frozenset[str]:
        """The reasons without case."""
        return frozenset(reason.casefold() for reason in self.root)


@hookimpl
def settings() -> type[Reasons]:
    """A list of reasons."""
    return Reasons


@hookimpl
async def veto(endpoint: Endpoint, view: View) -> Verdict:
    """Veto where `feedback.reason` is not on the list, whatever its case."""
    given = _REASON.render(view.scope)
    if (text(given) or "").casefold() in view.settings.folded:
        return _PASS
    seen = "is blank" if is_blank(given) else f"{shown(given)!r} is not on the list"
    return Veto(f"the reason {seen}: {endpoint.source_name} takes {shown(list(view.settings.root))}")
