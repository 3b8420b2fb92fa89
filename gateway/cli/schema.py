"""`schema`: JSON Schema of the conf files and of what is posted."""

import json
from collections.abc import Callable, Mapping

import click

from gateway.cli.options import conf_ignored
from gateway.cli.terminal import say


@click.command()
@click.argument("which", required=False, type=click.Choice(["gateway", "source", "events"]))
@conf_ignored
def schema(which: str | None) -> None:
    """Write the JSON Schema of the conf files.

    Of gateway.yaml, of a source file, or of the events that are posted; without a name all three, by name. It holds
    the keys of every installed transport and criterion, so that an editor completes them and underlines mistakes.

    \b
    feedback-gateway schema source > conf/source.schema.json
    and as the first line of conf/sources/acme.yaml:
    # yaml-language-server: $schema=../source.schema.json
    """
    from gateway.conf.jsonschema import event_schema, gateway_schema, source_schema
    from gateway.daemon import registry

    schemas: Mapping[str, Callable[[], object]] = {
        "gateway": lambda: gateway_schema(registry()),
        "source": lambda: source_schema(registry()),
        "events": event_schema,
    }
    wanted = schemas[which]() if which else {name: make() for name, make in schemas.items()}
    say(json.dumps(wanted, indent=2, ensure_ascii=False))
