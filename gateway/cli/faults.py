"""What goes wrong, as a sentence on standard error and an exit code (sysexits.h)."""

from gateway.cli.terminal import safe, say
from gateway.errors import ConfError, GatewayError

EX_DATAERR, EX_UNAVAILABLE, EX_SOFTWARE, EX_CONFIG = 65, 69, 70, 78


class Unavailable(GatewayError):  # noqa: N818  reads as the fact it states
    """No daemon answers, or not now."""


class NoDaemon(Unavailable):
    """Nobody listens where the daemon would."""


class Refused(GatewayError):  # noqa: N818  reads as the fact it states
    """The daemon said no, and why."""


class Unreadable(GatewayError):  # noqa: N818  reads as the fact it states
    """A file that holds no events as they are taken here."""


_CODES: dict[type[GatewayError], int] = {
    Unavailable: EX_UNAVAILABLE,
    NoDaemon: EX_UNAVAILABLE,
    Unreadable: EX_DATAERR,
}


def report(error: Exception) -> int:
    """Say what went wrong; the exit code for it. What an answer or a file's name says does not steer the terminal."""
    if isinstance(error, ConfError):
        for problem in error.problems:
            say(safe(str(problem)), err=True)
        return EX_CONFIG
    if isinstance(error, GatewayError):
        say(safe(f"feedback-gateway: {error}"), err=True)
        return _CODES.get(type(error), EX_SOFTWARE)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        say(safe(f"feedback-gateway: {where}{error.strerror or error}"), err=True)
        return EX_SOFTWARE
    kind = type(error).__name__
    say(safe(f"feedback-gateway: a fault in the gateway: {kind}: {error} (--debug shows where)"), err=True)
    return EX_SOFTWARE
