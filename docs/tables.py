"""Writes the reference tables of the docs from the code they describe: `python docs/tables.py`.

In a page a table stands between `<!-- keys: NAME -->` and `<!-- end -->`. What it says comes from the settings models
and their docstrings, from the commands, and from the metrics; tests/docs fails where a page is out of step.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from prometheus_client import Metric
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.answers import ResponseSettings
from gateway.cli import main as cli
from gateway.conf import access, authentication, schema
from gateway.conf.pacing import percent
from gateway.metrics import Metrics
from gateway.registry import Registry
from gateway.settings import duration, size

FOLDER = Path(__file__).parent
_MARKED = re.compile(r"(<!-- (\w+)(?:: ([\w.]+))? -->\n).*?(<!-- end -->)", re.DOTALL)
_TRANSPORTS = ("formpost", "json", "xml", "soap")  # query has no keys of its own
_UNITS = (
    ("d", 86400),
    ("h", 3600),
    ("m", 60),
    ("s", 1),
    ("GiB", 1024**3),
    ("MiB", 1024**2),
    ("KiB", 1024),
    ("", 1),
)


def models() -> Mapping[str, type[BaseModel]]:
    """Every model whose keys stand in a table, by the name of the table."""
    registry = Registry()
    transports = {name: registry.transport(name).settings for name in _TRANSPORTS}
    return {
        "gateway": schema.GatewaySettings,
        "network": schema.NetworkSettings,
        "limits": schema.LimitSettings,
        "listen": access.UnixListener,
        "listen.peers": access.PeerSettings,
        "tokens": access.TokenSettings,
        "tokens.signature": access.SignatureSettings,
        "log": schema.LogSettings,
        "retention": schema.RetentionSettings,
        "source": schema.SourceSettings,
        "endpoint": schema.EndpointSettings,
        "auth": authentication.AuthSettings,
        "auth.basic": authentication.BasicAuth,
        "auth.api_key": authentication.ApiKeyAuth,
        "auth.signature": authentication.SignatureAuth,
        "auth.oauth2": authentication.OAuth2Auth,
        "auth.wss": authentication.WssAuth,
        "tls": authentication.TlsSettings,
        "response": ResponseSettings,
        "retry": schema.RetrySettings,
        "breaker": schema.BreakerSettings,
        "quarantine": schema.QuarantineSettings,
        **transports,
        "soap.root": next(inner_models(transports["soap"].model_fields["root"])),
        **{name: registry.criterion(name).settings for name in ("max_age", "hours", "cap")},
    }


def inner_models(field: FieldInfo) -> Iterator[type[BaseModel]]:
    """The models in a field's annotation, such as `BasicAuth` in `BasicAuth | None`."""
    for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def commands() -> Mapping[str, click.Command]:
    """Every command, by name."""
    return cli.commands


def metrics() -> list[Metric]:
    """Every metric, as Prometheus sees it."""
    return list(Metrics().registry.collect())


def brought_up_to_date(page: str) -> str:
    """A page with every table as the code has it. Raises KeyError for a table that there is not."""
    return _MARKED.sub(lambda marked: f"{marked[1]}{_table(marked[2], marked[3])}\n{marked[4]}", page)


def _table(kind: str, name: str) -> str:
    if kind == "keys":
        return _keys(models()[name])
    if kind == "options":
        return _options(commands()[name])
    return {"metrics": _metrics}[kind]()


def _keys(model: type[BaseModel]) -> str:
    whole = model.model_json_schema()
    forms = (whole, *whole.get("anyOf", ()))  # a model with a short form has its keys in the other one
    described = next(form["properties"] for form in forms if "properties" in form)
    rows = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        value = _words(described[key], whole.get("$defs", {}))
        rows.append((f"`{key}`", value, _default(field), field.description or ""))
    return _drawn(("key", "value", "default", "meaning"), rows)


def _words(found: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    """What may be written, from the JSON Schema of a key."""
    if "$ref" in found:
        return _words(defs[found["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in found:
        words = (_words(one, defs) for one in found["anyOf"] if one.get("type") != "null")
        return " or ".join(dict.fromkeys(words))
    if "enum" in found:
        return ", ".join(f"`{choice}`" for choice in found["enum"])
    if {"file", "env"} == found.get("properties", {}).keys():
        return "a secret"
    examples = [example for example in found.get("examples", ()) if isinstance(example, str)]
    if examples:
        return "such as " + ", ".join(f"`{example}`" for example in examples)
    return {
        "boolean": "`true`, `false`",
        "integer": "a whole number",
        "number": "a number",
        "array": "a list",
        "object": "keys",
        "string": "text",
    }.get(str(found.get("type")), "anything")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    validators = {getattr(part, "func", None) for part in field.metadata}
    if duration in validators:
        return f"`{_with_unit(default, _UNITS[:4])}`"
    if percent in validators:
        return f"`{default:.0%}`"
    if size in validators:
        return f"`{_with_unit(default, _UNITS[4:])}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple) and default:
        return f"`[{', '.join(default)}]`"
    return f"`{default}`" if isinstance(default, (str, int)) and default else ""


def _with_unit(value: float, units: tuple[tuple[str, int], ...]) -> str:
    unit, factor = next((unit for unit in units if value % unit[1] == 0), ("ms", 0.001))
    return f"{value / factor:g}{unit}"


def _options(command: click.Command) -> str:
    context = click.Context(command, info_name=f"feedback-gateway {command.name}")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [
        (f"`{record[0]}`", record[1])
        for option in command.get_params(context)
        if isinstance(option, click.Option)
        and "--help" not in option.opts
        and (record := option.get_help_record(context))
    ]
    return f"```\n{usage}\n```\n\n{_drawn(('option', 'meaning'), rows)}" if rows else f"```\n{usage}\n```"


def _metrics() -> str:
    numbers = Metrics()
    labels = {each._name: each._labelnames for each in vars(numbers).values() if hasattr(each, "_labelnames")}
    rows = [
        (
            f"`{metric.name}{'_total' if metric.type == 'counter' else ''}`",
            metric.type,
            ", ".join(f"`{label}`" for label in labels[metric.name]),
            metric.documentation,
        )
        for metric in metrics()
    ]
    return _drawn(("metric", "type", "labels", "meaning"), rows)


def _drawn(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *(tuple(map(_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main() -> None:
    """Rewrite the tables of every page."""
    for path in sorted(FOLDER.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        path.write_text(brought_up_to_date(page), encoding="utf-8")


if __name__ == "__main__":
    main()
