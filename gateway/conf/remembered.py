"""The last good conf, kept in the data folder: what a daemon starts with when its folder is broken."""

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.conf.files import GATEWAY, Files
from gateway.conf.load import data_folder, load
from gateway.conf.model import Conf
from gateway.conf.schema import GatewaySettings
from gateway.registry import Registry

_DATA = re.compile(r"^data:[ \t]*[\"']?([^\"'#\n]+?)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)


def keep(files: Files, conf: Conf) -> None:
    """Remember a conf without faults in the data folder, to start from when the folder is broken. Raises OSError.

    Nothing is remembered where these are not the files that the conf was made of: they may be half written.
    """
    if files.digest != conf.digest:
        return
    path = _kept(data_folder(files.folder, conf.gateway))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        before = "{"
        # One by one: encoding thousands at once would hold up the loop.
        for name, content in files.conf.items():
            text = content.decode("utf-8", "surrogateescape")
            file.write(f"{before}\n{json.dumps(name)}: {json.dumps(text)}")
            before = ","
        file.write("\n}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def kept(folder: Path) -> Iterator[Files]:
    """What `keep` remembers of a conf folder: its files but for the sample events.

    Where gateway.yaml itself is broken, its `data` cannot be known for sure: more than one may be found.
    """
    for data in _data_folders(folder):
        try:
            texts = json.loads(_text(_kept(data)))
            content = {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}
        except (OSError, ValueError, AttributeError):  # none, or none that `keep` wrote
            continue
        yield Files(folder, content)


def _text(file: Path) -> str:
    """The text of a file that nobody could have written but who owns the folder, or we. Raises OSError."""
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, encoding="utf-8") as opened:
        found = os.fstat(handle)
        is_ours = found.st_uid in (os.geteuid(), file.parent.stat().st_uid)
        if not is_ours or not stat.S_ISREG(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o022:
            raise PermissionError(f"others may have written {file}")
        return opened.read()


def _kept(data: Path) -> Path:
    return data / "last-good-conf.json"


def last_good(folder: Path, registry: Registry) -> Conf | None:
    """The remembered conf; whatever is wrong with one, it is no conf to start with."""
    for files in kept(folder):
        with suppress(Exception):
            return load(files, registry)
    return None


def _data_folders(folder: Path) -> list[Path]:
    """Where the remembered conf may be: as gateway.yaml says, read as text, or by default."""
    default = data_folder(folder, GatewaySettings())
    try:
        text = (folder / GATEWAY).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return [default]
    return [*((folder / name).resolve() for name in _DATA.findall(text)), default]
