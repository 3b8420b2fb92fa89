"""How a criterion's conf names a value of the event: a variable path such as `lead.state`, or a template."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from gateway import Template
from plugins.criteria.words import nearest

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_VARIABLE = re.compile(rf"\{{\{{ ({_PATH.pattern}) \}}\}}")
# What the gateway itself fills in has these fields and no others; everything else is as it was posted.
_WHOLE: Mapping[str, tuple[str, ...]] = {
    "feedback": ("type", "reason", "timestamp"),
    "source": ("id", "name"),
    "event": ("id",),
    "now": (),
    "today": (),
    "random": (),
}


def is_template(value: Any) -> bool:
    """Whether a value of the conf is text that must be rendered."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def named(field: Template) -> str:
    """A field as a person writes it: the path alone where it is one."""
    path = _VARIABLE.fullmatch(field.text)
    return path[1] if path else field.text


def known(template: Template) -> Template:
    """The template itself; raises ValueError where it reads a field that no event can have."""
    for path in sorted(template.variables):
        name, *below = path.split(".")
        if name in _WHOLE and below and below[0] not in _WHOLE[name]:
            right = nearest(below[0], _WHOLE[name]) if _WHOLE[name] else f" (write {name} alone)"
            raise ValueError(f"{name} has no {below[0]!r}{right}")
    return template


def _as_template(value: Any) -> Any:
    if not isinstance(value, str) or is_template(value):
        return value
    path = value.strip()
    if not _PATH.fullmatch(path):
        example = "\"{{ lead['first-name'] }}\""
        raise ValueError(
            f"{value!r} is not a variable path (write one such as lead.state, or a template: {example})"
        )
    return f"{{{{ {path} }}}}"


Field: TypeAlias = Annotated[Template, BeforeValidator(_as_template), AfterValidator(known)]
