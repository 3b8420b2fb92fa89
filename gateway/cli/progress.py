"""How far it is, on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MANY = 50


@contextmanager
def progress(count: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal where there are many; gives what to call with each number that is done."""
    if count <= MANY or not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
    ) as bar:
        task = bar.add_task("", total=count)
        yield lambda number: bar.advance(task, number)
