"""What a plugin raises stays that plugin's failure, also where it would end the process: `sys.exit()`, for one."""

import asyncio


def is_cut_off(error: BaseException) -> bool:
    """Whether this task was cancelled from outside; a plugin may raise the same without that."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def words(error: BaseException) -> str:
    """What an error says, also where its own `__str__` fails."""
    try:
        return str(error)
    except BaseException as worse:  # noqa: BLE001  a failure to say what failed must not hide it
        return f"its text cannot be had ({type(worse).__name__})"


def told(error: BaseException) -> str:
    """What failed, and how."""
    return f"{type(error).__name__}: {words(error)}"


def form(value: object, most: int = 200) -> str:
    """How a plugin's value writes itself, cut where it is long, and also where its own `__repr__` fails."""
    try:
        text = repr(value)
    except BaseException as worse:  # noqa: BLE001  a failure to say what failed must not hide it
        return f"a {type(value).__name__} whose form cannot be had ({type(worse).__name__})"
    return text if len(text) <= most else f"{text[: most - 1]}…"
