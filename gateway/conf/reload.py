"""Keeps the running Conf in step with its folder.

All fallible work happens off the loop and before any live state is touched; the swap is one assignment. A reload that
fails leaves everything as it was, and the watch goes on whatever happens.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType

import structlog
from watchfiles import Change, awatch

from gateway.conf.files import GATEWAY, Files, Look, Unsettled, look
from gateway.conf.load import data_folder, load, with_problems
from gateway.conf.model import Conf
from gateway.conf.parsed import Parsed
from gateway.conf.remembered import keep, last_good
from gateway.conf.secrets import Secrets, secrets_folder
from gateway.conf.unseen import Unseen
from gateway.errors import ConfError, GatewayError, Problem
from gateway.registry import Registry

RESCAN = 3.0  # seconds: the watch is a trigger, not the truth; a folder that was replaced is noticed by this
_AT_RESTART = ("listen", "data", "log", "limits.body", "limits.intake_connections")


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload came to. taken: whether a conf was swapped in; problems: all that was found in the folder."""

    conf: Conf
    taken: bool
    problems: tuple[Problem, ...]

    @property
    def faults(self) -> tuple[Problem, ...]:
        """The problems that are no warnings."""
        return tuple(problem for problem in self.problems if not problem.warning)


def first(folder: Path, registry: Registry, parsed: Parsed | None = None) -> Conf:
    """The Conf to start with: the folder's, or the last good one where the folder is broken.

    Raises ConfError where the folder is broken and there is no last good one.
    """
    files = None
    try:
        files = Files.read_settled(folder)
        return load(files, registry, parsed=parsed)
    except Exception as error:  # noqa: BLE001  also a conf made to exhaust the parser must not keep the daemon down
        broken = _as_problems(folder, error)
    last = last_good(folder, registry)
    if last is None:
        raise ConfError(broken)
    if files is not None:
        with suppress(Exception):  # told in `broken`
            return load(files, registry, last, parsed=parsed)
    return with_problems(last, broken)


class Reloader:
    """Holds the present Conf and swaps it.

    swapped: awaited after each swap with the Conf before it; told: called with what each reload came to.
    asked: whether a person asked for the reload that is under way, or was the last; doubts: warnings about what came
    through the network since, by endpoint.
    """

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        conf: Conf,
        swapped: Callable[[Conf], Awaitable[None]],
        told: Callable[[Reloaded], None],
        unseen: Unseen | None = None,
        parsed: Parsed | None = None,
    ) -> None:
        self.conf = conf
        self.last: Reloaded = Reloaded(conf, True, conf.problems)
        self.asked = False
        self.doubts: dict[str, Problem] = {}
        self._folder = folder
        self._registry = registry
        self._swapped = swapped
        self._told = told
        self._unseen = unseen
        self._parsed = parsed or Parsed()
        self._started_with = conf.gateway
        self._seen: Look | None = None
        self._lock = asyncio.Lock()
        self._log = structlog.get_logger()

    async def begin(self) -> None:
        """Keep the conf that the daemon starts with, and what its files were parsed to."""
        try:
            files = await asyncio.to_thread(Files.read, self._folder)
            if not self.last.faults:
                await asyncio.to_thread(keep, files, self.conf)
            await asyncio.to_thread(self._parsed.keep, files)
        except OSError as error:  # such as a full disk: what waits in the store can be sent all the same
            self._log.warning("conf.not_kept", error=str(error))

    async def reload(self) -> Reloaded:
        """Read the folder and take what is good of it. Raises nothing: what went wrong stands in the answer."""
        return await self._reload_once(tell_again=True)

    def replace(self, conf: Conf) -> None:
        """Put a Conf with one more endpoint made ready in the place of the present one."""
        self.conf = conf

    def doubt(self, endpoint: str, why: str | None) -> None:
        """Warn that an endpoint goes on with what it has, because it could not be made anew; None: all is well."""
        before = self.doubts.pop(endpoint, None)
        if why is None:
            return
        source, _, type_ = endpoint.rpartition("/")
        found = Problem(f"sources/{source}.yaml", 0, 0, f"{type_}.url", why, warning=True)
        self.doubts[endpoint] = found
        if found != before:
            self._log.warning("endpoint.not_renewed", endpoint=endpoint, problem=str(found))

    async def watch(self) -> None:
        """Reload whenever the folder changes, for ever."""
        with suppress(Exception):  # else the first look differs, and the reload says why
            self._seen = self._seen or await asyncio.to_thread(self._unchanged)
        while True:
            try:
                if await asyncio.to_thread(self._look) != self._seen:
                    await self._reload_once(tell_again=False)
            except Exception as error:  # noqa: BLE001  the watch never dies
                self._log.error("conf.watch_failed", error=repr(error))
            await self._changed()

    async def _reload_once(self, tell_again: bool) -> Reloaded:
        async with self._lock:
            self.asked = tell_again
            before, self.last = self.last, await self._reload()
            if tell_again or self.last.taken or self.last.problems != before.problems:
                self._told(self.last)
            return self.last

    async def _reload(self) -> Reloaded:
        seen = None
        try:
            seen = await asyncio.to_thread(self._look)
            files = await asyncio.to_thread(Files.read_settled, self._folder)
            good = self.conf
            conf = await asyncio.to_thread(load, files, self._registry, good, self._unseen, self._parsed)
        except Exception as error:  # noqa: BLE001  also a conf made to exhaust the parser must leave the old one in place
            # What cannot be read now may be readable a moment later without a change that could be seen.
            self._seen = None if isinstance(error, OSError) else seen
            return Reloaded(self.conf, False, _as_problems(self._folder, error))
        before, self.conf, self._seen = self.conf, _with_news(conf, good, self.conf), seen
        problems = [*conf.problems, *self._at_restart(conf)]
        try:
            await self._swapped(before)
        except Exception as error:  # noqa: BLE001  the swap itself is done and stays; what follows it is tried again
            self._seen = None
            problems.append(self._problem(f"the conf was taken, but not everywhere: {error!r} (tried again)"))
        if all(problem.warning for problem in conf.problems):
            try:
                await asyncio.to_thread(keep, files, conf)
            except OSError as error:
                text = f"the conf cannot be kept for a start with a broken one: {error.strerror} (mend the data folder)"
                problems.append(self._problem(text, warning=True))
        await asyncio.to_thread(self._parsed.keep, files)
        return Reloaded(conf, True, tuple(problems))

    def _problem(self, text: str, *, warning: bool = False) -> Problem:
        return Problem(str(self._folder), 0, 0, "", text, warning)

    def _at_restart(self, conf: Conf) -> list[Problem]:
        """What changed but belongs to the process."""
        now, then = conf.gateway, self._started_with
        changed = [key for key in _AT_RESTART if attrgetter(key)(now) != attrgetter(key)(then)]
        return [
            Problem(GATEWAY, 0, 0, key, "takes effect at the next start", warning=True) for key in changed
        ]

    def _secrets(self) -> Path:
        return secrets_folder(self._folder, self.conf.gateway.secrets)

    def _look(self) -> Look:
        return look(self._folder, self._secrets())

    def _unchanged(self) -> Look | None:
        """What the folder looks like, if it still is what the present Conf was made of."""
        seen = self._look()
        with suppress(OSError):
            if Files.read(self._folder).digest == self.conf.digest and Secrets(self._secrets()).still(
                self.conf.secrets
            ):
                return seen
        return None

    async def _changed(self) -> None:
        """Return when the folder may have changed: at once by the system's notice, else after a few seconds."""
        stop = asyncio.Event()
        rescan = asyncio.get_running_loop().call_later(RESCAN, stop.set)
        try:
            filter_ = self._is_conf()
            async with aclosing(
                awatch(self._folder, watch_filter=filter_, stop_event=stop, debounce=50, step=20)
            ) as changes:
                async for _ in changes:
                    return
        except Exception:  # noqa: BLE001  the folder may be gone for a moment: the rescan finds it again
            await asyncio.sleep(RESCAN)
        finally:
            rescan.cancel()

    def _is_conf(self) -> Callable[[Change, str], bool]:
        """Whether a changed path can matter: the store may lie below the conf folder, and is always written."""
        data = data_folder(self._folder, self._started_with)
        return lambda _, path: (
            not Path(path).is_relative_to(data) and not Path(path).resolve().is_relative_to(data)
        )


def _with_news(conf: Conf, good: Conf, present: Conf) -> Conf:
    """A Conf in which the sources that were taken over from `good` are as `present` has them: ready by now, perhaps."""
    if present is good:
        return conf
    sources = {
        key: present.sources[key] if source is good.sources.get(key) else source
        for key, source in conf.sources.items()
    }
    return replace(conf, sources=MappingProxyType(sources))


def _as_problems(folder: Path, error: Exception) -> tuple[Problem, ...]:
    """Whatever ended a load, as problems to show."""
    if isinstance(error, ConfError):
        return error.problems
    if isinstance(error, FileNotFoundError):
        text = f"the conf folder cannot be read: {error.strerror} (make one: feedback-gateway init {folder})"
    elif isinstance(error, Unsettled):
        text = f"the conf folder cannot be read: {error}"
    elif isinstance(error, OSError):
        text = f"the conf folder cannot be read: {error.strerror} (see to the rights of {error.filename or folder})"
    elif isinstance(error, GatewayError):
        text = f"the conf cannot be taken: {error}"
    else:
        text = f"the conf cannot be taken: {type(error).__name__} {error} (make it smaller and simpler)"
    return (Problem(str(folder), 0, 0, "", text),)
