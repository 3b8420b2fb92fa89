"""The secrets that a conf refers to: read from files and the environment, never written anywhere."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from gateway.model import Secret


def secrets_folder(folder: Path, named: str | None) -> Path:
    """Where secret files are: as named in the conf, else $CREDENTIALS_DIRECTORY, else `secrets` in the conf folder."""
    if named is not None:
        return (folder / named).resolve()
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(given) if given else folder / "secrets"


class Secrets:
    """Reads secrets of one folder, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Secret, str] = {}

    def reveal(self, secret: Secret) -> str:
        """The secret's text. Raises ValueError with the sentence to show."""
        if secret not in self._read:
            is_file = secret.kind == "file"
            self._read[secret] = _file(self.folder / secret.name) if is_file else _variable(secret.name)
        return self._read[secret]

    def still(self, known: Mapping[Secret, str]) -> bool:
        """Whether every one of these secrets is what it was."""
        try:
            return all(self.reveal(secret) == text for secret, text in known.items())
        except ValueError:
            return False

    def warning(self, secret: Secret) -> str | None:
        """What an operator should know about a secret that was found."""
        if secret.kind == "env":
            return f"{secret.name} is read once, when the daemon starts (a {{file: NAME}} is read on every reload)"
        if str(self.folder) == os.environ.get("CREDENTIALS_DIRECTORY"):
            return None  # systemd lets nobody else in, by an access list, which a mode shows as its group's rights
        path = self.folder / secret.name
        try:
            mode = path.stat().st_mode
        except OSError:  # it went a moment after it was read: the next load says so
            return None
        if stat.S_IMODE(mode) & 0o077:
            return f"the secret file {path} is open to others on this machine (chmod 600 {path})"
        return None


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"the environment variable {name} is not set (set it before the daemon starts)")
    return value


def _file(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise ValueError(
                f"the secret file {path} is no regular file (write the secret into a plain file)"
            )
        text = path.read_text(encoding="utf-8")
    except PermissionError as error:
        raise ValueError(
            f"the secret file {path} cannot be read: {error.strerror} (ask as the daemon's user or root)"
        ) from None
    except OSError as error:
        raise ValueError(
            f"the secret file {path} cannot be read: {error.strerror} (create it, mode 0600)"
        ) from None
    except UnicodeDecodeError:
        raise ValueError(f"the secret file {path} is not UTF-8 (write the secret as text)") from None
    secret = text.removesuffix("\n")  # however a line ends: reading it as text made this of it
    if not secret:
        raise ValueError(f"the secret file {path} is empty (write the secret into it)")
    return secret
