"""The criterion `reasons`: the source takes only the reasons on its list."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BeforeValidator,
    ConfigDict,
    RootModel,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from gateway import Endpoint, Pass, Template, Verdict, Veto, View, hookimpl, is_blank
from plugins.criteria.words import nearest, quoted, shown, text

_PASS = Pass()
_REASON = Template.compile("{{ feedback.reason }}")


def _as_text(value: Any) -> str:
    if is_blank(value) or not isinstance(value, (str, int, Decimal)) or isinstance(value, bool):
        raise ValueError("a reason is text (write it as it is posted)")
    return text(value) or ""


def _listed(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict):
        return list(_keys(value, (info.context or {}).get("tables", {})))
    if not isinstance(value, list) or not value:
        raise ValueError("a list of reasons belongs here (write each behind a dash, or {table: NAME})")
    return value


def _keys(written: dict[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> Iterable[Any]:
    """The keys of the table that stands in the place of a list."""
    table = written.get("table")
    if len(written) > 1 or not isinstance(table, str):
        raise ValueError("reasons are a list, or the keys of a table (write {table: acme_reasons})")
    if not tables:
        raise ValueError(f"there is no table {table!r} (write tables/{table}.yaml)")
    if table not in tables:
        raise ValueError(f"there is no table {table!r}{nearest(table, tables)}")
    if not tables[table]:
        raise ValueError(f"the table {table!r} is empty (write at least one reason in it)")
    return tables[table]


def _list_or_table(schema: dict[str, Any]) -> None:
    one = {key: schema.pop(key) for key in ("type", "items")}
    table = {"type": "object", "properties": {"table": {"type": "string", "examples": ["acme_reasons"]}}}
    schema["anyOf"] = [one, table | {"required": ["table"], "additionalProperties": False}]


_Reason: TypeAlias = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number"]})]


class Reasons(RootModel[tuple[_Reason, ...]]):
    """The reasons that the source takes, in any case: a list, or `{table: NAME}` for the keys of a table."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_list_or_table)

    _list = field_validator("root", mode="before")(_listed)

    @property
    def admits(self) -> Mapping[str, tuple[str, ...]]:
        """What alone it lets through, by variable."""
        return {"feedback.reason": self.root}

    @cached_property
    def folded(self) -> frozenset[str]:
        """The reasons without case."""
        return frozenset(reason.casefold() for reason in self.root)


@hookimpl
def settings() -> type[Reasons]:
    """A list of reasons, or a table whose keys they are."""
    return Reasons


@hookimpl
async def veto(endpoint: Endpoint, view: View) -> Verdict:
    """Veto where `feedback.reason` is not on the list, whatever its case."""
    given = _REASON.render(view.scope)
    if (text(given) or "").casefold() in view.settings.folded:
        return _PASS
    seen = "is blank" if is_blank(given) else f"{quoted(given)} is not on the list"
    taken = shown(list(view.settings.root))
    return Veto(f"the reason {seen}: {endpoint.source_name} takes {taken}", f"one of {taken}", given)
