"""The conf's tokens as the daemon checks them: hashes, roles and keys; what is wrong with one is said."""

from collections.abc import Callable, Collection, Iterator

from gateway.access import Access, Grant, Signing, hash_of, signing_key
from gateway.conf.access import TokenSettings, is_open
from gateway.conf.document import Path
from gateway.conf.schema import GatewaySettings
from gateway.conf.secrets import Secrets
from gateway.nearest import nearest

# Where a fault is told: its path, the sentence, and `warning` where it is no more than that.
Say = Callable[..., None]
LEAST = 20  # characters of a token


def access(gateway: GatewaySettings, secrets: Secrets, say: Say) -> Access:
    """Who may do what. The texts of tokens are dropped."""
    grants: list[tuple[bytes, Grant]] = []
    for index, token in enumerate(gateway.tokens):
        place = ("tokens", index)
        if token.name in (one.name for one in gateway.tokens[:index]):
            say((*place, "name"), f"{token.name} stands here twice (give each token its own name)")
        hashed = _hash(token, secrets, (*place, "token"), say)
        if hashed and hashed in (known for known, _ in grants):
            say(place, f"{token.name} has the token of another (make one: feedback-gateway token)")
        signing = _signing(token, secrets, (*place, "signature", "secrets"), say)
        sources = None if token.sources is None else frozenset(token.sources)
        grants.append((hashed, Grant(token.name, frozenset(token.roles), sources, token.rate, signing)))
    return Access(tuple(grants))


def say_open(gateway: GatewaySettings, say: Say) -> None:
    """Say which listeners need tokens, where there are none."""
    for index, listener in enumerate(() if gateway.tokens else gateway.listen):
        if is_open(listener):
            wrong = f"other machines reach {listener}, and nobody is asked for a token"
            say(("listen", index), f"{wrong} (name `tokens`, or listen on 127.0.0.1)")


def say_unknown(gateway: GatewaySettings, known: Collection[str], say: Say) -> None:
    """Warn of sources that a token names and the conf does not."""
    for index, token in enumerate(gateway.tokens):
        for at, source in enumerate(token.sources or ()):
            if source not in known:
                text = f"there is no source {source!r} in the conf{nearest(source, known)}"
                say(("tokens", index, "sources", at), text, warning=True)


def _hash(token: TokenSettings, secrets: Secrets, place: Path, say: Say) -> bytes:
    """Of a token that cannot be had, a hash that none has."""
    if token.token is None:
        return bytes.fromhex(token.sha256 or "")
    try:
        text = secrets.reveal(token.token)
    except ValueError as error:
        say(place, str(error))
        return b""
    warning = secrets.warning(token.token)
    if warning:
        say(place, warning, warning=True)
    if len(text) < LEAST or not text.isascii() or not text.isprintable() or " " in text:
        say(place, f"a token is {LEAST} letters, digits and signs or more (make one: feedback-gateway token)")
    return hash_of(text)


def _signing(token: TokenSettings, secrets: Secrets, place: Path, say: Say) -> Signing | None:
    found = token.signature
    return None if found is None else Signing(tuple(_keys(token, secrets, place, say)), found.tolerance)


def _keys(token: TokenSettings, secrets: Secrets, place: Path, say: Say) -> Iterator[bytes]:
    for index, reference in enumerate(token.signature.secrets if token.signature else ()):
        try:
            yield signing_key(secrets.reveal(reference))
        except ValueError as error:
            say((*place, index), str(error))
