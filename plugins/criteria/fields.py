"""How a criterion's conf names a value of the event: a variable path such as `lead.state`, or a template."""

import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from gateway import Template

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_VARIABLE = re.compile(rf"\{{\{{ ({_PATH.pattern}) \}}\}}")


def is_template(value: Any) -> bool:
    """Whether a value of the conf is text that must be rendered."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def named(field: Template) -> str:
    """A field as a person writes it: the path alone where it is one."""
    path = _VARIABLE.fullmatch(field.text)
    return path[1] if path else field.text


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


Field: TypeAlias = Annotated[Template, BeforeValidator(_as_template)]
