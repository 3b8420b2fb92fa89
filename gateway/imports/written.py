"""A draft as YAML, to be pasted into a source file, or to be one."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.imports.draft import Draft, Entry
from gateway.jsontext import dumps
from gateway.model import Secret
from gateway.yamltext import comment, commented, key, quoted, scalar


def written(draft: Draft, source: str | None = None) -> str:
    """The endpoint under its type, `check` accepts it; source: a whole source file, with that name."""
    lines = [
        *(f"# note: {comment(note)}" for note in draft.notes),
        *_secrets(draft.secrets),
        *([f"name: {scalar(source)}", ""] if source else []),
        f"{draft.type}:",
        *(commented(f"  {entry.key}: {_value(entry.value)}", entry.about) for entry in draft.keys),
        *([f"  auth: {_value(draft.auth)}"] if draft.auth else []),
        *([f"  tls: {_value(draft.tls)}"] if draft.tls else []),
    ]
    for name, entries in draft.mappings.items():
        lines.append(f"  {name}:" if entries else f"  {name}: {{}}")
        lines += [_line(entry) for entry in entries]
    lines.append(
        commented(
            "  # response: {}", "how the answer is read; without it every answer of status 200 is a yes"
        )
    )
    return "\n".join(lines) + "\n"


def _line(entry: Entry) -> str:
    return commented(f"    {key(entry.key)}: {_mapped(entry.value)}", entry.about)


def _secrets(secrets: Mapping[str, str]) -> Iterator[str]:
    if secrets:
        yield "# Each secret goes into a file of mode 0600 in the secrets folder: call this, paste it, Enter, Ctrl-D."
    for name, what in secrets.items():
        yield commented(f"#   (umask 077; cat > conf/secrets/{name})", what)


def _mapped(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, Secret):
        return f"{{{value.kind}: {value.name}}}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_value(child)}' for name, child in value.items())}}}"
    return scalar(value) if isinstance(value, str) else dumps(value)
