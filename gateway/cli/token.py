"""`token`: a fresh token, and what the conf holds of it."""

import secrets

import click

from gateway.cli.options import conf_ignored, json_option
from gateway.cli.terminal import say, say_json

PREFIX = "fgt_"  # so that a token that got somewhere by mistake can be searched for
_BYTES = 32


@click.command()
@conf_ignored
@json_option
def token(as_json: bool) -> None:
    """Make a token.

    The first line is the token, for the program that asks: it is shown this once, and kept nowhere. The second is its
    hash, for `tokens` in gateway.yaml. The conf may also refer to a file that holds the token: token: {file: NAME}.

    \b
    feedback-gateway token
    """
    from gateway.access import hash_of

    made = PREFIX + secrets.token_urlsafe(_BYTES)
    hashed = hash_of(made).hex()
    if as_json:
        say_json({"token": made, "sha256": hashed})
        return
    say(made)
    say(f"sha256: {hashed}")
