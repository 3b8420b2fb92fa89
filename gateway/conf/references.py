"""Secrets as the conf refers to them: `{file: NAME}` below the secrets folder, or `{env: NAME}`."""

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from gateway.conf.document import shown
from gateway.model import SECRET_NAME, Secret

_KINDS = ("file", "env")


def secret(value: Any) -> Any:
    """`{file: NAME}` or `{env: NAME}` as a Secret; anything else as it is. Raises ValueError for a misspelt one."""
    _misspelt(value)
    if not isinstance(value, dict) or not value or value.keys() - set(_KINDS):
        return value
    if len(value) > 1:
        raise ValueError("a secret is in one place only (write {file: NAME} or {env: NAME})")
    ((kind, name),) = value.items()
    if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
        raise ValueError(
            f"{shown(name)} cannot name a secret (write a plain name of letters, digits, `.`, `_`, `-`)"
        )
    return Secret(kind, name)


def _misspelt(value: Any) -> None:
    """Refuse `{flie: NAME}`: one key that is nearly right, with what could be a name."""
    if not isinstance(value, dict) or len(value) != 1:
        return
    ((kind, name),) = value.items()
    near = get_close_matches(kind.lower(), _KINDS, n=1)
    if kind not in _KINDS and near and isinstance(name, str) and SECRET_NAME.fullmatch(name):
        raise ValueError(f"{kind!r} is unknown (did you mean {{{near[0]}: {name}}}?)")


def _only_secret(value: Any) -> Any:
    found = secret(value)
    if isinstance(found, Secret):
        return found
    raise ValueError("a secret must not stand in the conf (write {file: NAME} or {env: NAME})")


def _listed(value: Any) -> Any:
    """Refuse anything else without repeating it: it may be a secret."""
    if isinstance(value, (list, tuple)):
        return value
    raise ValueError("this is no list of secrets (write [{file: NAME}], or each behind a dash)")


def _text_or_secret(value: Any) -> Any:
    found = secret(value)
    if isinstance(found, (Secret, str)):
        return found
    raise ValueError("this is neither text nor a secret (write text in quotes, {file: NAME} or {env: NAME})")


_SECRET_SCHEMA = {
    "type": "object",
    "properties": {"file": {"type": "string"}, "env": {"type": "string"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "description": "A secret: a file below the secrets folder, or an environment variable.",
}
SecretRef = Annotated[Secret, BeforeValidator(_only_secret), WithJsonSchema(_SECRET_SCHEMA)]
SecretRefs = Annotated[tuple[SecretRef, ...], BeforeValidator(_listed), Field(min_length=1)]
TextOrSecret = Annotated[
    Secret | str,
    BeforeValidator(_text_or_secret),
    WithJsonSchema({"anyOf": [{"type": "string"}, _SECRET_SCHEMA]}),
]
