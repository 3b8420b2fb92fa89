"""Conf folders for the tests of the conf: written file by file, loaded through the real registry."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.conf.seen import Shape
from gateway.conf.unseen import Unseen
from gateway.daemon import registry
from gateway.errors import ConfError
from gateway.registry import Registry

GATEWAY = "listen: [127.0.0.1:8620]\n"
SOURCE = """\
name: Acme Leads
return:
  transport: json
  url: https://api.acme.example/returns
  mapping:
    lead_id: "{{ lead.id }}"
"""


class Folder:
    """One conf folder on disk."""

    def __init__(self, path: Path, plugins: Registry) -> None:
        self.path = path
        self.registry = plugins

    def write(self, files: Mapping[str, str | bytes] = {}, **sources: str) -> "Folder":
        """Write files by path, and sources by their id."""
        for name, content in {
            **files,
            **{f"sources/{key}.yaml": text for key, text in sources.items()},
        }.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            if name.startswith("secrets/"):
                path.chmod(0o600)
        return self

    def remove(self, name: str) -> None:
        (self.path / name).unlink()

    def read(self) -> Files:
        return Files.read(self.path)

    def load(self, last_good: Conf | None = None) -> Conf:
        return load(self.read(), self.registry, last_good, Unseen(lambda *_: Shape()))

    def load_without(self, key: str) -> Conf:
        """The Conf as it would be without one source's file."""
        files = self.read()
        rest = {path: content for path, content in files.content.items() if path != f"sources/{key}.yaml"}
        return load(Files(self.path, rest), self.registry)

    def problems(self, last_good: Conf | None = None) -> list[str]:
        """Every problem as a line, the folder's own path as `{folder}`."""
        try:
            found = self.load(last_good).problems
        except ConfError as error:
            found = error.problems
        return [str(problem).replace(str(self.path), "{folder}") for problem in found]


@pytest.fixture(scope="session")
def plugins() -> Registry:
    return registry()


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.fixture
def open_folder() -> Callable[[Path], Folder]:
    """Each with a registry of its own: what was imported before tells which plugin is of which kind."""
    return lambda path: Folder(path, registry())


@pytest.fixture
def conf(tmp_path: Path, plugins: Registry) -> Folder:
    """A folder with gateway.yaml and one source, acme."""
    return Folder(tmp_path / "conf", plugins).write({"gateway.yaml": GATEWAY}, acme=SOURCE)
