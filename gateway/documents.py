"""What a transport must read before it can render, such as a WSDL: from the conf folder, a copy, or the network."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import Held

Load = Callable[[str], bytes]


def is_remote(url: str) -> bool:
    """Whether a document is read through the network, not from the conf folder."""
    return urlsplit(url).scheme in ("http", "https")


def digest(content: bytes) -> str:
    """What tells one content of a document from another."""
    return hashlib.sha256(content).hexdigest()


class Documents:
    """Reads documents by URL or by path in the conf folder. files: the folder's snapshot; cache: where copies are."""

    def __init__(self, files: Mapping[str, bytes], cache: Path | None) -> None:
        self._files = files
        self._cache = cache

    def at_hand(self, url: str) -> bytes:
        """A document that needs no network. Raises Held for one that does, ValueError for a file that is not there."""
        if is_remote(url):
            copy = self._copy(url)
            if copy is not None:
                with suppress(OSError):  # none yet, or the daemon's own and not for whoever asks here
                    return copy.read_bytes()
            raise Held(f"{url} has not been fetched yet")
        path = os.path.normpath(url)
        if path not in self._files:
            raise ValueError(f"there is no file {path} in the conf folder (put it under wsdl/)")
        return self._files[path]

    def fetching(self, fetch: Load) -> Load:
        """A loader that asks `fetch` for what is remote, copy or not."""
        return lambda url: fetch(url) if is_remote(url) else self.at_hand(url)

    def keep(self, fetched: Mapping[str, bytes]) -> None:
        """Keep a copy of documents that proved good, by URL. A copy is a help, no need: no room for it is no fault."""
        for url, content in fetched.items():
            copy = self._copy(url)
            if copy is not None:
                with suppress(OSError):
                    _write(copy, content)

    def _copy(self, url: str) -> Path | None:
        return None if self._cache is None else self._cache / hashlib.sha256(url.encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A name of its own: several endpoints may keep the same document at once.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as fresh:
        try:
            fresh.write(content)
            fresh.flush()
            Path(fresh.name).replace(path)
        except OSError:
            Path(fresh.name).unlink()
            raise
