"""`describe`: what a WSDL, or an endpoint of the conf, asks for."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.options import conf_option, json_option
from gateway.cli.terminal import on_one_line, say, say_json, table

if TYPE_CHECKING:
    from gateway.cli.subject import Described
    from gateway.description import Argument, Offer


@click.command()
@click.argument("what", metavar="WSDL-OR-SOURCE")
@click.argument("operation", metavar="[OPERATION]", required=False)
@conf_option
@json_option
def describe(what: str, operation: str | None, folder: Path, as_json: bool) -> None:
    """Say what a WSDL asks for, or an endpoint.

    WSDL-OR-SOURCE is a WSDL, by file or URL, or a SOURCE or SOURCE/TYPE of the conf. A WSDL by URL is fetched, under
    the conf's network.allow; no daemon is asked.

    With OPERATION it writes an endpoint that calls it, to be pasted into a source file: every argument with its type,
    a template where its name is a known one, and an empty text where you must fill in.

    \b
    feedback-gateway describe https://soap.acme.example/feedback?wsdl
    feedback-gateway describe acme.wsdl SubmitReturn
    feedback-gateway describe acme/return

    Exit code: 0, 65 if it is no WSDL or has no such operation, 69 if it cannot be fetched.
    """
    import asyncio

    from gateway.cli.subject import describe as read

    found = asyncio.run(read(what, folder, whole=operation is not None))
    if operation is not None:
        _say_conf(found, operation, as_json)
    elif as_json:
        say_json([_as_json(one) for one in found])
    else:
        for one in found:
            _say(one)


def _say_conf(found: "list[Described]", operation: str, as_json: bool) -> None:
    from gateway.cli.faults import Unreadable
    from gateway.cli.skeleton import chosen, conf

    described = next((one for one in found if one.document is not None), None)
    if described is None or described.document is None:
        raise Unreadable(
            f"{found[0].endpoint} has no operations (describe a WSDL, or an endpoint that has one)"
        )
    offer = chosen(described.document, operation)
    if offer.problem:
        raise Unreadable(offer.problem)
    type_ = described.endpoint.rpartition("/")[2] if described.endpoint else None
    text = conf(offer, described.transport, described.url, type_, described.note)
    if as_json:
        say_json({"offer": asdict(offer), "conf": text})
    else:
        click.echo(text, nl=False)


def _as_json(one: "Described") -> dict[str, Any]:
    return {
        "endpoint": one.endpoint,
        "transport": one.transport,
        "url": one.url,
        "keys": one.keys,
        "document": one.document and asdict(one.document),
    }


def _say(one: "Described") -> None:
    if one.keys is not None:
        say(on_one_line(f"{one.endpoint}: {one.transport} {one.url}"))
        for key, value in one.keys.items():
            if key not in ("url", "mapping"):
                say(f"  {key}: {_written(value)}")
    if one.document is None:
        _table([], one)
        return
    if one.endpoint is None:
        say(on_one_line(f"{one.url}: {one.document.kind}"))
    for offer, places in _together(one.document.offers):
        say()
        say(on_one_line(f"{offer.name}{f': {offer.text}' if offer.text else ''}"))
        for line in _about(offer, places):
            say(f"  {on_one_line(line)}")
        if not offer.problem:
            _table(list(offer.arguments), one)


def _together(offers: "tuple[Offer, ...]") -> "Iterator[tuple[Offer, list[Offer]]]":
    """Each operation once, with all the ports that offer the very same."""
    ports: dict[Any, list[Offer]] = {}
    for offer in offers:
        ports.setdefault((offer.name, offer.arguments, offer.problem), []).append(offer)
    return ((same[0], same) for same in ports.values())


def _about(offer: "Offer", places: "list[Offer]") -> Iterator[str]:
    for place in places:
        yield f"{place.place}: {', '.join(f'{name} {value}' for name, value in place.facts if value)}"
    if offer.problem:
        yield f"it cannot be called: {offer.problem}"


def _table(arguments: "list[Argument]", one: "Described") -> None:
    """The arguments, and what an endpoint maps to them."""
    from gateway.cli.skeleton import about, bare

    mapped = dict((one.keys or {}).get("mapping", {}))
    rows = []
    for argument in arguments:
        keys = [key for key in mapped if bare(key) == bare(argument.key)]
        values = [_written(mapped.pop(key)) for key in keys]
        rows.append([argument.key, " ".join(values), argument.type, *about(argument)])
    rows += [[key, _written(value), "", "", ""] for key, value in mapped.items()]
    columns = ["key", "value", "type", "how often", "meaning"]
    if one.keys is None:
        columns, rows = [columns[0], *columns[2:]], [[row[0], *row[2:]] for row in rows]
    elif not arguments:
        columns, rows = columns[:2], [row[:2] for row in rows]
    if rows:
        table(columns, rows)


def _written(value: Any) -> str:
    from gateway.jsontext import dumps

    return value if isinstance(value, str) and value else dumps(value)
