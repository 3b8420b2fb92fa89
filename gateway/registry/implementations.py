"""What a plugin implements, as pluggy sees it, and whether that fits the hooks.

Every fault goes on from "the plugin NAME of DISTRIBUTION": what is wrong (what would be right).
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pluggy

from gateway import hookspecs
from gateway.nearest import nearest

PROJECT = hookspecs.PROJECT
HOOKS: Mapping[str, Callable[..., Any]] = {
    name: spec for name, spec in vars(hookspecs).items() if hasattr(spec, f"{PROJECT}_spec")
}
WRAPPABLE = ("prepare", "render", "send", "read", "veto")
KINDS: Mapping[str, str] = {
    "render": "transport",
    "veto": "criterion",
    "attempted": "observer",
    "alerted": "observer",
}
# A hook that is asked only of a plugin which has one of these, too.
_BESIDE = {
    "settings": ("render", "veto"),
    "explain": ("veto",),
    "prepare": ("render",),
    "describe": ("render",),
    "send": ("render",),
    "read": ("render",),
}

Implemented: TypeAlias = Mapping[str, Sequence[pluggy.HookImpl]]


def implementations(plugin: object) -> Implemented:
    """The implementations in a plugin by the name of their hook, whether they fit or not."""
    without_specs = pluggy.PluginManager(PROJECT)
    without_specs.register(plugin, "plugin")
    return {caller.name: caller.get_hookimpls() for caller in without_specs.get_hookcallers(plugin) or ()}


def kinds(implemented: Implemented) -> tuple[str, ...]:
    """What a plugin is: transport, criterion, observer, wrapper; more than one, or nothing."""
    own = [kind for hook, kind in KINDS.items() if _own(implemented, hook)]
    wraps = any(one.wrapper for some in implemented.values() for one in some)
    return tuple(dict.fromkeys([*own, "wrapper"] if wraps else own))


def fault(plugin: object) -> str | None:
    """The first thing that does not fit, or None."""
    if inspect.isclass(plugin):
        return (
            f"is the class {plugin.__name__} (let its entry point name a module, or an object of the class)"
        )
    if inspect.isroutine(plugin):
        return f"is the function {plugin.__name__} (let its entry point name the module that it stands in)"
    return next(_faults(plugin), None)


def _faults(plugin: object) -> Iterator[str]:
    yield from _unseen(plugin)
    implemented = implementations(plugin)
    if not implemented:
        yield "implements no hook (mark its functions with @gateway.hookimpl)"
    for hook, some in implemented.items():
        if hook in HOOKS:
            yield from (found for one in some for found in _misfits(hook, one))
        elif not all(one.optionalhook for one in some):
            yield f"implements {hook!r}, which is no hook{nearest(hook, HOOKS)}"
    yield from _at_odds(implemented)


def _unseen(plugin: object) -> Iterator[str]:
    """What is marked, but is nothing that pluggy would call."""
    manager = pluggy.PluginManager(PROJECT)
    for name in dir(plugin):
        mark = getattr(inspect.getattr_static(plugin, name, None), f"{PROJECT}_impl", None)
        if isinstance(mark, dict) and manager.parse_hookimpl_opts(plugin, name) is None:
            yield f"marks `{name}`, which is no plain function (write it with `def`, and decorate what it calls)"


def _misfits(hook: str, one: pluggy.HookImpl) -> Iterator[str]:
    yield from _wrong_wrapper(hook, one) if one.wrapper or one.hookwrapper else _wrong_colour(hook, one)
    takes = tuple(inspect.signature(HOOKS[hook]).parameters)
    for name, parameter in inspect.signature(one.function).parameters.items():
        needed = parameter.default is parameter.empty
        by_place = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if needed and not (by_place and name in takes):
            shown = str(parameter.replace(annotation=parameter.empty))
            by_keyword = " by keyword only" if parameter.kind is parameter.KEYWORD_ONLY else ""
            yield f"takes {shown}{by_keyword} in `{hook}` (it may take {', '.join(takes) or 'nothing'})"


def _wrong_wrapper(hook: str, one: pluggy.HookImpl) -> Iterator[str]:
    if one.hookwrapper:
        yield f"marks `{hook}` with hookwrapper=True (write wrapper=True, and return the result)"
    if hook not in WRAPPABLE:
        yield f"wraps `{hook}` (only {', '.join(WRAPPABLE)} can be wrapped)"
    if _is_async(one.function):
        yield f"writes its wrapper of `{hook}` as `async def` (write it as `def`: its `yield` gives the coroutine)"
    if not inspect.isgeneratorfunction(one.function):
        yield f"writes its wrapper of `{hook}` without a `yield` (write `result = yield`, and return the result)"


def _wrong_colour(hook: str, one: pluggy.HookImpl) -> Iterator[str]:
    if inspect.isgeneratorfunction(one.function) or inspect.isasyncgenfunction(one.function):
        yield f"writes `{hook}` with a `yield` (return the result; a wrapper is marked with wrapper=True)"
    must_be = inspect.iscoroutinefunction(HOOKS[hook])
    if _is_async(one.function) != must_be:
        right, wrong = ("async def", "def") if must_be else ("def", "async def")
        yield f"writes `{hook}` as `{wrong}` (write it as `{right}`)"


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _at_odds(implemented: Implemented) -> Iterator[str]:
    """Implementations that fit the hooks one by one, but not each other."""
    for hook in implemented:
        if len(_own(implemented, hook)) > 1:
            yield f"implements `{hook}` twice (keep one)"
    for hook, beside in _BESIDE.items():
        if _own(implemented, hook) and not any(_own(implemented, other) for other in beside):
            missing = " or ".join(f"`{other}`" for other in beside)
            yield f"implements `{hook}` without {missing} (nothing asks for it; wrappers are marked with wrapper=True)"
    *others, last = kinds(implemented) or ("",)
    asked = [kind for kind in others if kind != "observer"]
    if last == "wrapper" and asked:
        yield f"is a {asked[0]} and a wrapper, too (give the wrapper a module and an entry point of its own)"


def _own(implemented: Implemented, hook: str) -> list[pluggy.HookImpl]:
    return [one for one in implemented.get(hook, ()) if not one.wrapper]
