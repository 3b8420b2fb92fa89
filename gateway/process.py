"""What the daemon asks of the system and the interpreter that it runs in."""

import gc
import os
import resource
import sys
from contextlib import suppress

MOST = 10_000  # attempts under way at once, where nobody asks for more
_OWN = 40  # descriptors for the store, the conf folder, the listeners
# Events on their way hold more objects than Python's own thresholds allow for: looking through them at every 700th new
# one finds nothing, and costs as much again.
COLLECTIONS = (10_000, 5, 50)
TURN = 0.001  # seconds that a thread may go on while the loop waits: a reload, or the metrics, of thousands of sources


def raise_descriptors() -> None:
    """Raise the soft limit of open files to the hard one, where the system lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def keep_to_itself() -> None:
    """Have nobody else read what it makes, and write no memory to the disk when it crashes: both hold lead data."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def connections(asked: int | None = None) -> int:
    """How many attempts may be under way: half of the descriptors, so that the other half is left for all else.

    asked: the number that a person wants, in place of at most 10,000.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if asked is None else asked
    return wanted if soft == resource.RLIM_INFINITY else min(max((soft - _OWN) // 2, 1), wanted)


def gather() -> None:
    """Collect no garbage while all is loaded: hardly any of that goes again, and looking takes half of the time."""
    gc.disable()


def settle() -> None:
    """What is loaded by now stays: walking it in every collection would cost a tenth of each event."""
    gc.freeze()  # also the little that is garbage: to look for it would take a tenth of the start
    gc.enable()
    gc.set_threshold(*COLLECTIONS)
    sys.setswitchinterval(TURN)
