"""`plugins`: what is installed, whether it is what was installed, and which of it is in quarantine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from gateway.cli.options import daemon_options, json_option, me
from gateway.cli.terminal import counted, safe, say, say_json, table
from gateway.errors import GatewayError, PluginError
from gateway.jsontext import dumps

if TYPE_CHECKING:
    from gateway.registry import Found, Registry


@click.command()
@click.option(
    "--load", is_flag=True, help="Import each, to see whether that can be done: this runs its code."
)
@click.option("--release", "name", metavar="NAME", help="Have the daemon try a plugin in quarantine again.")
@click.option("--why", metavar="TEXT", default="", help="For the record, with --release.")
@daemon_options
@json_option
def plugins(load: bool, name: str | None, why: str, folder: Path, url: str | None, as_json: bool) -> None:
    """List the installed plugins.

    They are transports, criteria, observers and wrappers. A plugin is a module that a Python package names in the
    entry-point group `feedback_gateway`; its name is the word in the conf. Nothing of them is imported: the hooks are
    those that the file marks. `code` says whether the files are those that were installed, by their SHA-256. Where a
    daemon answers, those in quarantine are named, with the reason.

    \b
    feedback-gateway plugins
    feedback-gateway plugins --json
    feedback-gateway plugins --release json
    """
    import asyncio

    if name is not None:
        released = asyncio.run(_release(name, why, folder, url))
        if as_json:
            say_json(released)
        else:
            say(f"{name} is tried again")
        return
    ill = asyncio.run(_ill(folder, url))
    found = _installed(load, ill)
    if as_json:
        say_json(found)
    else:
        _show(found, ill or [])


async def _release(name: str, why: str, folder: Path, url: str | None) -> Any:
    from gateway.cli.client import Client, address

    async with Client(address(url, folder)) as client:
        body = dumps({"by": me(), "why": why})
        return (await client.post(f"/plugins/{quote(name, safe='')}/release", body)).expect(200)


async def _ill(folder: Path, url: str | None) -> list[dict[str, Any]] | None:
    """The plugins that are not well; None where no daemon says so: the list can be had without one."""
    from gateway.cli.client import Client, address

    try:
        async with Client(address(url, folder)) as client:
            found: list[dict[str, Any]] = (await client.get("/plugins")).expect(200)["plugins"]
    except GatewayError:
        if url is not None:
            raise
        return None
    return found


def _installed(load: bool, ill: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    from gateway.daemon import registry

    known = registry()
    return [_told(found, twice, known, load, ill) for found, twice in known.claims()]


def _told(
    found: "Found", twice: str | None, known: "Registry", load: bool, ill: list[dict[str, Any]] | None
) -> dict[str, Any]:
    from gateway.registry.provenance import provenance

    seen = provenance(found.entry_point)
    problem = twice or (None if seen.module else f"the file of {found.target} cannot be found")
    kinds = seen.kinds
    if load and twice is None:
        try:
            kinds, problem = known.kinds(found.name), None
        except PluginError as error:
            problem = str(error)
    return {
        "name": found.name,
        "kinds": list(kinds),
        "hooks": list(seen.hooks),
        "distribution": found.distribution,
        "version": found.version,
        "module": found.target,
        "file": None if seen.module is None else str(seen.module),
        "changed": seen.changed,
        "files": [
            {"file": str(one.path), "sha256": one.sha256, "standing": one.standing} for one in seen.files
        ],
        "quarantine": None if ill is None else [one for one in ill if one["name"] == found.name],
        "problem": problem,
    }


def _show(found: list[dict[str, Any]], ill: list[dict[str, Any]]) -> None:
    columns = ("name", "kind", "distribution", "version", "module", "hooks", "code")
    table(columns, [[_cell(one, column) for column in columns] for one in found])
    for one in found:
        if one["problem"]:
            say(safe(one["problem"]), err=True)
        differ = [file for file in one["files"] if file["standing"] in ("changed", "added")]
        for file in differ:
            say(f"{one['name']}: {file['file']} was {file['standing']} since it was installed", err=True)
    for one in ill:
        where = "" if one["endpoint"] is None else f"{one['endpoint']}: "
        again = f"(tried again at {one['until']}, or: --release {one['name']})"
        say(safe(f"{where}{one['why']} {again}"), err=True)


def _cell(one: dict[str, Any], column: str) -> str:
    match column:
        case "kind":
            return "broken" if one["problem"] else ", ".join(one["kinds"])
        case "hooks":
            return ", ".join(one["hooks"])
        case "code":
            known = {None: "not recorded", True: "changed since installed", False: "as installed"}
            return f"{known[one['changed']]} ({counted(len(one['files']), 'file')})"
    return str(one[column])
