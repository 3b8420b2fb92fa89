"""`schema`: JSON Schema of the conf files and of what is posted, and OpenAPI of the HTTP interface."""

import json
from collections.abc import Callable, Mapping

import click

from gateway.cli.options import conf_ignored
from gateway.cli.terminal import say


@click.command()
@click.argument("which", required=False, type=click.Choice(["gateway", "source", "events"]))
@click.option("--openapi", is_flag=True, help="The OpenAPI document of the HTTP interface instead.")
@conf_ignored
def schema(which: str | None, openapi: bool) -> None:
    """Write the JSON Schema of the conf files.

    Of gateway.yaml, of a source file, or of the events that are posted; without a name all three, by name. It holds
    the keys of every installed transport and criterion, so that an editor completes them and underlines mistakes.
    --openapi writes what a daemon answers at /openapi.json.

    \b
    feedback-gateway schema source > conf/source.schema.json
    and as the first line of conf/sources/acme.yaml:
    # yaml-language-server: $schema=../source.schema.json
    """
    from gateway.conf.jsonschema import event_schema, gateway_schema, source_schema
    from gateway.daemon import registry
    from gateway.web.application import application
    from gateway.web.openapi.document import document

    if openapi and which:
        raise click.UsageError("--openapi stands alone (it is the whole HTTP interface)")
    if openapi:
        say(json.dumps(document(application(lambda: (), 0)), indent=2, ensure_ascii=False))
        return
    schemas: Mapping[str, Callable[[], object]] = {
        "gateway": lambda: gateway_schema(registry()),
        "source": lambda: source_schema(registry()),
        "events": event_schema,
    }
    wanted = schemas[which]() if which else {name: make() for name, make in schemas.items()}
    say(json.dumps(wanted, indent=2, ensure_ascii=False))
