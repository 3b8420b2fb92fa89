"""The `auth:` of one endpoint, with its secrets in it."""

from collections.abc import Callable

from gateway.auth import Auth, Basic, Bearer, Wss
from gateway.conf.document import Path
from gateway.conf.schema import AuthSettings, BasicAuth, WssAuth
from gateway.model import MASK, Secret

# A secret's text; what is wrong with it was told under its path.
Reveal = Callable[[Secret, Path], str]


def credentials(settings: AuthSettings, reveal: Reveal) -> Auth:
    """What the settings name. reveal: asked for each secret, with its place."""
    if settings.basic is not None:
        return Basic(*_login(settings.basic, reveal, ("auth", "basic")))
    if settings.wss is not None:
        shown = MASK if isinstance(settings.wss.username, Secret) else settings.wss.username
        return Wss(*_login(settings.wss, reveal, ("auth", "wss")), settings.wss.digest, shown)
    if settings.bearer is not None:
        return Bearer(reveal(settings.bearer, ("auth", "bearer")))
    raise ValueError("settings that name no way to authenticate are refused before")


def _login(login: BasicAuth | WssAuth, reveal: Reveal, path: Path) -> tuple[str, str]:
    """A user name and its password."""
    name = login.username
    username = reveal(name, (*path, "username")) if isinstance(name, Secret) else name
    return username, reveal(login.password, (*path, "password"))
