"""`plugins`: what is installed."""

import click

from gateway.cli.options import conf_ignored, json_option
from gateway.cli.terminal import say, say_json, table
from gateway.errors import PluginError


@click.command()
@conf_ignored
@json_option
def plugins(as_json: bool) -> None:
    """List the installed plugins.

    They are transports, criteria and observers. A plugin is a module that a Python package names in the entry-point
    group `feedback_gateway`; its name is the word in the conf. One that cannot be loaded is listed with the reason.

    \b
    feedback-gateway plugins
    feedback-gateway plugins --json
    """
    from gateway.daemon import registry

    known = registry()
    found: list[dict[str, object]] = []
    for name, plugin in known.installed().items():
        one: dict[str, object] = {
            "name": name,
            "kinds": [],
            "distribution": plugin.distribution,
            "version": plugin.version,
            "module": plugin.target,
            "problem": None,
        }
        try:
            known.load(name)
            one["kinds"] = list(known.kinds(name))
        except PluginError as error:
            one["problem"] = str(error)
        found.append(one)
    if as_json:
        say_json(found)
    else:
        _show(found)


def _show(found: list[dict[str, object]]) -> None:
    rows = [
        [str(one["name"]), _kind(one), str(one["distribution"]), str(one["version"]), str(one["module"])]
        for one in found
    ]
    table(("name", "kind", "distribution", "version", "module"), rows)
    for one in found:
        if one["problem"]:
            say(str(one["problem"]), err=True)


def _kind(one: dict[str, object]) -> str:
    kinds = one["kinds"]
    if one["problem"] or not isinstance(kinds, list):
        return "broken"
    return ", ".join(kinds) or "wrapper"
