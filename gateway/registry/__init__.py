"""Finds, loads and checks plugins; gives one typed callable per hook.

Nothing is imported that the conf does not name. A broken plugin stops nobody but the conf that names it, with a
sentence that says which distribution it came from.

A hook is asked of one plugin: first the wrappers that the conf names, then the plugin itself, then the core's default.
Each such chain is a pluggy manager of its own. In a shared one, what is registered later joins every caller that is
already in use, and answers before those it was made for.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from pydantic import BaseModel

from gateway import hookspecs
from gateway.errors import PluginError
from gateway.model import Alert, Attempt
from gateway.nearest import nearest
from gateway.registry.implementations import HOOKS, PROJECT, fault, implementations, kinds
from gateway.registry.typed import Criterion, Transport
from gateway.settings import Settings

__all__ = ["Criterion", "Found", "Registry", "Transport"]

# sys.exit() in a plugin is a failure of that plugin, and ends nothing else.
_FAILURES = (Exception, SystemExit)


@dataclass(frozen=True, slots=True)
class Found:
    """An installed plugin, not imported yet: its name, where its code is, and the distribution that brought it."""

    name: str
    target: str
    distribution: str
    version: str
    entry_point: EntryPoint

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".rstrip()


class Registry:
    """The plugins of this process. defaults: the core's own `send` and `read`, which every transport falls back on."""

    def __init__(self, defaults: Iterable[object] = (), found: Iterable[EntryPoint] | None = None) -> None:
        self._defaults = tuple(defaults)
        self._found = _discover(entry_points(group=PROJECT) if found is None else found)
        self._loaded: dict[str, object] = {}
        self._refused: dict[str, PluginError] = {}
        self._transports: dict[tuple[str, ...], Transport] = {}
        self._criteria: dict[tuple[str, ...], Criterion] = {}
        self._own: list[tuple[str, pluggy.HookRelay]] = []
        self._followed: list[tuple[str, pluggy.HookRelay]] = []

    def installed(self) -> Mapping[str, Found]:
        """Every plugin that could be named, by name."""
        return {name: claims[0] for name, claims in self._found.items()}

    def load(self, name: str) -> None:
        """Import and check one plugin. Raises PluginError, with the same sentence each time it is asked."""
        if name in self._loaded:
            return
        if name not in self._refused:
            try:
                self._loaded[name] = _load(self._one(name))
                return
            except PluginError as error:
                self._refused[name] = error
        raise self._refused[name].with_traceback(None)

    def kinds(self, name: str) -> tuple[str, ...]:
        """What a plugin is: transport, criterion, observer, wrapper. Raises PluginError."""
        self.load(name)
        return kinds(implementations(self._loaded[name]))

    def transport(self, name: str, around: Sequence[str] = ()) -> Transport:
        """A transport by name, in the wrappers among the plugins `around`, the first outermost.

        Raises PluginError where one of them is missing, broken or something else.
        """
        key = (name, *around)
        if key not in self._transports:
            implemented = self._implemented(name, "render", "transport")
            hooks = self._chain(name, around)
            self._transports[key] = Transport(
                name=name,
                settings=self._settings(name),
                prepare=_caller(hooks, "prepare") if "prepare" in implemented else None,
                render=_caller(hooks, "render"),
                send=_caller(hooks, "send"),
                read=_caller(hooks, "read"),
                over_http="send" not in implemented,
                describe=_caller(hooks, "describe") if "describe" in implemented else None,
            )
        return self._transports[key]

    def criterion(self, name: str, around: Sequence[str] = ()) -> Criterion:
        """A criterion by name, in the wrappers among the plugins `around`. Raises PluginError as `transport` does."""
        key = (name, *around)
        if key not in self._criteria:
            implemented = self._implemented(name, "veto", "criterion")
            hooks = self._chain(name, around)
            self._criteria[key] = Criterion(
                name=name,
                settings=self._settings(name),
                veto=_caller(hooks, "veto"),
                explain=_caller(hooks, "explain") if "explain" in implemented else None,
            )
        return self._criteria[key]

    def observe(self, observer: object) -> None:
        """Tell an observer of the core's own, from now on."""
        self._own.append((f"the observer {type(observer).__name__}", _manager([observer])))

    def follow(self, names: Iterable[str]) -> None:
        """Tell the observers among these plugins from now on, and no others but the core's own. Raises PluginError."""
        self._followed = [
            (self._whose(name), _manager([self._plugin(name)])) for name in dict.fromkeys(names)
        ]

    def attempted(self, attempt: Attempt) -> Mapping[str, BaseException]:
        """Tell every observer of an attempt; what they raise is returned, by whose it is, and changes nothing."""
        return self._tell("attempted", attempt=attempt)

    def alerted(self, alert: Alert) -> Mapping[str, BaseException]:
        """Tell every observer of an alert; what they raise is returned, by whose it is, and changes nothing."""
        return self._tell("alerted", alert=alert)

    def _one(self, name: str) -> Found:
        claims = self._found.get(name, ())
        if not claims:
            raise PluginError(f"there is no plugin {name!r}{nearest(name, self._found)}")
        if len(claims) > 1:
            named = " and by ".join(f"{one} as {one.target}" for one in claims)
            raise PluginError(f"the plugin name {name!r} is claimed by {named} (uninstall one of them)")
        return claims[0]

    def _whose(self, name: str) -> str:
        return _whose(self._one(name))

    def _plugin(self, name: str) -> object:
        self.load(name)
        return self._loaded[name]

    def _implemented(self, name: str, hook: str, kind: str) -> frozenset[str]:
        """The hooks that a plugin implements. Raises PluginError where the one that makes it this kind is not there."""
        if name not in self._found:
            raise PluginError(f"there is no {kind} {name!r}{nearest(name, self._perhaps(kind))}")
        plugin = self._plugin(name)
        implemented = frozenset(implementations(plugin))
        if kind in self.kinds(name):
            return implemented
        if callable(getattr(plugin, hook, None)) and hook not in implemented:
            raise PluginError(
                f"{self._whose(name)} has an unmarked `{hook}` (mark it with @gateway.hookimpl)"
            )
        is_ = " and ".join(self.kinds(name)) or "nothing else"
        raise PluginError(f"{self._whose(name)} is no {kind}: it has no `{hook}` (it is: {is_})")

    def _perhaps(self, kind: str) -> list[str]:
        """The plugins but for those that are known to be of other kinds; what was not imported may be of any."""
        loaded = {name: kinds(implementations(plugin)) for name, plugin in self._loaded.items()}
        return [name for name in self._found if kind in loaded.get(name, (kind,))]

    def _settings(self, name: str) -> type[BaseModel]:
        implemented = implementations(self._plugin(name)).get("settings")
        if not implemented:
            return Settings
        try:
            model: object = implemented[0].function()
        except _FAILURES as error:
            raise PluginError(f"`settings` of {self._whose(name)} failed: {_told(error)}") from error
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            wrong = f"`settings` of {self._whose(name)} gave {model!r:.80}"
            raise PluginError(f"{wrong} (give a class derived from gateway.Settings)")
        return model

    def _chain(self, name: str, around: Sequence[str]) -> pluggy.HookRelay:
        """One plugin between its wrappers and the defaults; of the wrappers, the last registered is outermost."""
        wrappers = [self._plugin(other) for other in around if "wrapper" in self.kinds(other)]
        return _manager([self._plugin(name), *self._defaults, *reversed(wrappers)])

    def _tell(self, hook: str, **facts: object) -> Mapping[str, BaseException]:
        failures: dict[str, BaseException] = {}
        for whose, hooks in (*self._own, *self._followed):
            try:
                getattr(hooks, hook)(**facts)
            except _FAILURES as error:  # an observer's failure changes nothing, whatever it is
                failures[whose] = error
        return failures


def _discover(points: Iterable[EntryPoint]) -> dict[str, tuple[Found, ...]]:
    """All that claim a name, by name; more than one is refused when the name is used."""
    found: dict[str, dict[tuple[str, str], Found]] = {}
    for point in points:
        dist = point.dist
        one = Found(
            name=point.name,
            target=point.value,
            distribution=(dist and dist.name) or "an unknown distribution",
            version=(dist and dist.version) or "",
            entry_point=point,
        )
        found.setdefault(one.name, {})[one.target, one.distribution] = one
    return {name: tuple(claims.values()) for name, claims in sorted(found.items())}


def _load(found: Found) -> object:
    try:
        plugin: object = found.entry_point.load()
        wrong = fault(plugin)
    except _FAILURES as error:
        mend = f"mend or reinstall {found.distribution}"
        raise PluginError(f"{_whose(found)} cannot be imported: {_told(error)} ({mend})") from error
    if wrong is not None:
        raise PluginError(f"{_whose(found)} {wrong}")
    return plugin


def _whose(found: Found) -> str:
    return f"the plugin {found.name!r} of {found}"


def _told(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _manager(plugins: Iterable[object]) -> pluggy.HookRelay:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    for plugin in {id(plugin): plugin for plugin in plugins}.values():
        manager.register(plugin, str(id(plugin)))
    return manager.hook


def _caller(hooks: pluggy.HookRelay, hook: str) -> Callable[..., Any]:
    """A hook as a function of positional arguments."""
    caller = getattr(hooks, hook)
    names = tuple(inspect.signature(HOOKS[hook]).parameters)
    chain = caller.get_hookimpls()
    if len(chain) == 1 and not chain[0].wrapper and not chain[0].kwargnames:
        return _alone(chain[0], names)  # nobody else has a say: no need to ask around on every event

    def call(*arguments: Any) -> Any:
        return caller(**dict(zip(names, arguments, strict=True)))

    return call


def _alone(one: pluggy.HookImpl, names: tuple[str, ...]) -> Callable[..., Any]:
    """An implementation as a function of all the hook's arguments, itself where it takes them all."""
    own: Callable[..., Any] = one.function
    places = [names.index(name) for name in one.argnames]
    if places == list(range(len(names))):
        return own

    def call(*arguments: Any) -> Any:
        return own(*[arguments[place] for place in places])

    return call
