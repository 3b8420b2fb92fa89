"""The conf folder as commands without a daemon read it."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.conf.schema import GatewaySettings
from gateway.daemon import registry
from gateway.errors import ConfError, Problem


def read(folder: Path) -> Conf:
    """The whole conf. Raises ConfError with every problem."""
    return load(_files(folder), registry())


def read_partly(folder: Path) -> tuple[Conf, Files]:
    """What is whole of the conf: a broken source file is named in `broken` and stands in nobody else's way.

    Raises ConfError where gateway.yaml or a table is broken.
    """
    nothing = Conf("", datetime.now(UTC), GatewaySettings(), {}, {}, {}, {})
    files = _files(folder)
    return load(files, registry(), nothing), files


def _files(folder: Path) -> Files:
    try:
        return Files.read(folder)
    except OSError as error:
        right = "let this user read it" if folder.exists() else f"make one: feedback-gateway init {folder}"
        text = f"{error.filename or 'the conf folder'} cannot be read: {error.strerror} ({right})"
        raise ConfError([Problem(str(folder), 0, 0, "", text)]) from None
