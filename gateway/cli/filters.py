"""Which events are meant: the options that `list` and `replay` share."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from gateway.model import OUTCOMES, STATES, TYPES

Command = TypeVar("Command", bound=Callable[..., Any])
NAMES = ("state", "source", "type", "lead_id", "since", "until", "outcome")


class Moment(click.ParamType[str]):
    """RFC 3339, or so long ago: `2h`, `7d`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The moment in RFC 3339."""
        from gateway.settings import duration

        try:
            return (datetime.now(UTC) - timedelta(seconds=duration(value))).isoformat(timespec="milliseconds")
        except (ValueError, OverflowError):
            pass
        try:
            datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no time (write 2026-11-23T09:15:00Z, or how long ago: 2h, 7d)", param, ctx
            )
        return str(value)


_OPTIONS = (
    click.option("--state", type=click.Choice(list(STATES)), help="The stored state."),
    click.option("--source", metavar="ID", help="Of this source."),
    click.option("--type", type=click.Choice(TYPES), help="Returns or conversions."),
    click.option("--lead", "lead_id", metavar="ID", help="About this lead."),
    click.option(
        "--since", type=Moment(), metavar="TIME", help="Received then or later: RFC 3339, or 2h ago as 2h."
    ),
    click.option("--until", type=Moment(), metavar="TIME", help="Received before."),
    click.option("--outcome", type=click.Choice(list(OUTCOMES)), help="Of the last attempt."),
)


def filter_options(command: Command) -> Command:
    """`--state --source --type --lead --since --until --outcome`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given(filters: Mapping[str, str | None]) -> dict[str, str]:
    """The filters that were given."""
    return {name: value for name in NAMES if (value := filters[name]) is not None}
