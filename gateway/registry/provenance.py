"""Where a plugin's code is, what it says it implements, and whether it is what was installed: nothing is imported.

The files are those of the package that the plugin's module stands in. They are compared with the hashes that the
installer noted of them (RECORD: packaging.python.org, "Recording installed projects").
"""

import ast
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal, TypeAlias

from gateway.registry.implementations import KINDS

Standing: TypeAlias = Literal["as installed", "changed", "added", "not recorded"]
_CODE = ("*.py", "*.so", "*.pyd")
_MARK = "hookimpl"


@dataclass(frozen=True, slots=True)
class Code:
    """One file of a plugin's code. sha256: in hex; standing: compared with what was installed."""

    path: Path
    sha256: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Provenance:
    """A plugin as it lies on the disk. module: its file, or None where there is none; hooks: as its text has them."""

    module: Path | None
    hooks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    files: tuple[Code, ...] = ()

    @property
    def changed(self) -> bool | None:
        """Whether a file is not what was installed; None where the installer noted no hashes."""
        if any(file.standing in ("changed", "added") for file in self.files):
            return True
        return None if all(file.standing == "not recorded" for file in self.files) else False


def provenance(point: EntryPoint) -> Provenance:
    """Look at a plugin's files. Raises nothing: what cannot be found is left out."""
    try:
        module = _file_of(point.module)
    except Exception:  # noqa: BLE001  a target that names no module, or a finder that fails: loading it says why
        module = None
    if module is None:
        return Provenance(None)
    marked = dict(_marked(module))
    own = [KINDS[hook] for hook, is_wrapper in marked.items() if hook in KINDS and not is_wrapper]
    kinds = dict.fromkeys([*own, "wrapper"] if any(marked.values()) else own)
    return Provenance(module, tuple(marked), tuple(kinds), tuple(_files(module, _recorded(point))))


def _file_of(module: str) -> Path | None:
    """The file of a module, found as an import would find it, but for running any code of its packages."""
    paths: list[str] | None = None
    spec: ModuleSpec | None = None
    names = module.split(".")
    for depth, name in enumerate(names):
        try:
            spec = _spec(".".join(names[: depth + 1]), paths)
        except KeyError:  # a namespace within another: it asks for that one as it would be after an import
            spec, paths = None, [str(folder) for path in paths or () if (folder := Path(path, name)).is_dir()]
            continue
        if spec is None:
            return None
        paths = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    found = spec.origin if spec is not None and spec.has_location else None
    return None if found is None else Path(found)


def _spec(name: str, paths: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = None if find is None else find(name, paths)
        if spec is not None:
            return spec
    return None


def _marked(module: Path) -> Iterator[tuple[str, bool]]:
    """The functions that are marked as hooks, at the top or in a class, and whether each is a wrapper."""
    try:
        tree = ast.parse(module.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for node in (node for body in bodies for node in body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                called = mark.func if isinstance(mark, ast.Call) else mark
                if getattr(called, "attr", getattr(called, "id", None)) == _MARK:
                    options = mark.keywords if isinstance(mark, ast.Call) else []
                    yield node.name, any(option.arg == "wrapper" for option in options)


def _recorded(point: EntryPoint) -> Mapping[Path, str]:
    """The hashes that the installer noted, by file; none of an editable installation, whose files are elsewhere."""
    try:
        files = (point.dist and point.dist.files) or ()
    except Exception:  # noqa: BLE001  notes that cannot be read are none
        return {}
    return {
        Path(str(file.locate())).resolve(): file.hash.value
        for file in files
        if file.hash is not None and file.hash.mode == "sha256"
    }


def _files(module: Path, recorded: Mapping[Path, str]) -> Iterator[Code]:
    folder = module.parent
    alone = not (folder / "__init__.py").exists()
    found = [module] if alone else sorted(path for kind in _CODE for path in folder.rglob(kind))
    noted = {path.resolve() for path in found} & recorded.keys()
    for path in found:
        try:
            hashed = sha256(path.read_bytes())
        except OSError:
            continue
        was = recorded.get(path.resolve())
        standing: Standing = "added" if noted else "not recorded"
        if was is not None:
            now = urlsafe_b64encode(hashed.digest()).rstrip(b"=").decode()
            standing = "as installed" if now == was else "changed"
        yield Code(path, hashed.hexdigest(), standing)
