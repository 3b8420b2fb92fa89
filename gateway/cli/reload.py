"""`reload`: have a running daemon read its conf folder now."""

from pathlib import Path

import click

from gateway.cli.faults import EX_CONFIG
from gateway.cli.options import daemon_options, json_option
from gateway.cli.terminal import safe, say, say_json


@click.command()
@daemon_options
@json_option
@click.pass_context
def reload(ctx: click.Context, folder: Path, url: str | None, as_json: bool) -> None:
    """Have the daemon read its conf folder now.

    It does so by itself when a file changes; this waits for it and shows what it found. A broken source file keeps
    its last good version while the others are taken.

    \b
    feedback-gateway reload && echo taken

    Exit code: 0 all was taken, 78 there are problems.
    """
    import asyncio

    from gateway.cli.client import Client, address

    async def ask() -> dict[str, object]:
        async with Client(address(url, folder)) as client:
            return (await client.post("/-/reload", "", patience=None)).expect(200, 207, 400)  # type: ignore[no-any-return]

    found = asyncio.run(ask())
    if as_json:
        say_json(found)
    else:
        for problem in (*_texts(found, "problems"), *_texts(found, "warnings")):
            say(safe(problem))
        say(_summary(found), err=True)
    if found["problems"]:
        ctx.exit(EX_CONFIG)


def _summary(found: dict[str, object]) -> str:
    if not found["taken"]:
        return f"nothing was taken: the daemon goes on with conf {found['conf']}"
    if found["problems"]:
        return f"conf {found['conf']} was taken; each broken source file keeps its last good version"
    return f"conf {found['conf']} was taken"


def _texts(found: dict[str, object], key: str) -> list[str]:
    texts = found[key]
    return texts if isinstance(texts, list) else []
