"""Finds, loads and checks plugins; gives one typed callable per hook.

Nothing is imported that the conf does not name. A broken plugin stops nobody but the conf that names it, with a
sentence that says which distribution it came from.

A hook is asked of one plugin: first the wrappers that the conf names, then the plugin itself, then the core's default.
Each such chain is a pluggy manager of its own. In a shared one, what is registered later joins every caller that is
already in use, and answers before those it was made for.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from time import perf_counter
from typing import Any, TypeAlias

import pluggy
from pydantic import BaseModel

from gateway import hookspecs
from gateway.contained import HOLD, Fault, form, is_interrupt, told
from gateway.errors import PluginError
from gateway.model import Alert, Attempt
from gateway.nearest import nearest
from gateway.registry.implementations import HOOKS, PROJECT, fault, implementations, kinds
from gateway.registry.typed import Criterion, Transport
from gateway.settings import Settings

__all__ = ["Criterion", "Found", "Registry", "Transport"]

# What an observer is told of, by the name of the hook.
Told: TypeAlias = Mapping[str, Callable[[Any], object]]


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
        self._own: list[tuple[str, Told]] = []
        self._followed: list[tuple[str, Told]] = []

    def installed(self) -> Mapping[str, Found]:
        """Every plugin that could be named, by name."""
        return {name: claims[0] for name, claims in self._found.items()}

    def claims(self) -> Iterator[tuple[Found, str | None]]:
        """Every installed plugin that claims a name, with why none of those that claim the same one can be used."""
        for name, claims in self._found.items():
            for found in claims:
                yield found, _twice(name, claims) if len(claims) > 1 else None

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
        self._own.append((f"the observer {type(observer).__name__}", _told_by(observer)))

    def follow(self, names: Iterable[str]) -> None:
        """Tell the observers among these plugins from now on, and no others but the core's own. Raises PluginError."""
        self._followed = [(name, _told_by(self._plugin(name))) for name in dict.fromkeys(names)]

    def attempted(self, attempt: Attempt, without: Collection[str] = ()) -> list[Fault]:
        """Tell every observer of an attempt, but for the plugins `without`; their faults, which change nothing."""
        return self._tell("attempted", without, attempt)

    def alerted(self, alert: Alert, without: Collection[str] = ()) -> list[Fault]:
        """Tell every observer of an alert, but for the plugins `without`; their faults, which change nothing."""
        return self._tell("alerted", without, alert)

    def whose(self, name: str) -> str:
        """A plugin with the distribution that brought it; an observer of the core's own as it is called."""
        return _whose(self._one(name)) if name in self._found else name

    def _one(self, name: str) -> Found:
        claims = self._found.get(name, ())
        if not claims:
            raise PluginError(f"there is no plugin {name!r}{nearest(name, self._found)}")
        if len(claims) > 1:
            raise PluginError(_twice(name, claims))
        return claims[0]

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
            raise PluginError(f"{self.whose(name)} has an unmarked `{hook}` (mark it with @gateway.hookimpl)")
        is_ = " and ".join(self.kinds(name)) or "nothing else"
        raise PluginError(f"{self.whose(name)} is no {kind}: it has no `{hook}` (it is: {is_})")

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
            is_model = isinstance(model, type) and issubclass(model, BaseModel)
        except BaseException as error:  # sys.exit() in a plugin is its own failure, and ends nothing else
            if is_interrupt(error):
                raise
            raise PluginError(f"`settings` of {self.whose(name)} failed: {_told(error)}") from error
        if not is_model:
            wrong = f"`settings` of {self.whose(name)} gave {form(model, 80)}"
            raise PluginError(f"{wrong} (give a class derived from gateway.Settings)")
        return model  # type: ignore[return-value]

    def _chain(self, name: str, around: Sequence[str]) -> pluggy.HookRelay:
        """One plugin between its wrappers and the defaults; of the wrappers, the last registered is outermost."""
        wrappers = [self._plugin(other) for other in around if "wrapper" in self.kinds(other)]
        return _manager([self._plugin(name), *self._defaults, *reversed(wrappers)])

    def _tell(self, hook: str, without: Collection[str], fact: object) -> list[Fault]:
        faults: list[Fault] = []
        for name, hooks in (*self._own, *self._followed):
            if hook not in hooks or name in without:
                continue
            began = perf_counter()
            try:
                hooks[hook](fact)
            except BaseException as error:  # noqa: BLE001  an observer's failure changes nothing, whatever it is
                faults.append(Fault(name, hook, "raised", error=error))
            if (spent := perf_counter() - began) > HOLD:
                faults.append(Fault(name, hook, "slow", seconds=spent))
        return faults


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
    except BaseException as error:
        if is_interrupt(error):
            raise
        mend = f"mend or reinstall {found.distribution}"
        raise PluginError(f"{_whose(found)} cannot be imported: {_told(error)} ({mend})") from error
    if wrong is not None:
        raise PluginError(f"{_whose(found)} {wrong}")
    return plugin


def _twice(name: str, claims: Iterable[Found]) -> str:
    named = " and by ".join(f"{one} as {one.target}" for one in claims)
    return f"the plugin name {name!r} is claimed by {named} (uninstall one of them)"


def _whose(found: Found) -> str:
    return f"the plugin {found.name!r} of {found}"


def _told(error: BaseException) -> str:
    return " ".join(told(error).split())


def _manager(plugins: Iterable[object]) -> pluggy.HookRelay:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    for plugin in {id(plugin): plugin for plugin in plugins}.values():
        manager.register(plugin, str(id(plugin)))
    return manager.hook


def _told_by(observer: object) -> Told:
    """The hooks that an observer has."""
    hooks, has = _manager([observer]), implementations(observer)
    return {hook: _caller(hooks, hook) for hook in ("attempted", "alerted") if hook in has}


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
