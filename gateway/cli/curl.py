"""A request as a shell command."""

import re
from base64 import b64encode
from shlex import quote

from gateway.model import Request

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def curl(request: Request) -> str:
    """The same request as a command line for a POSIX shell; a body that no argument can hold comes through a pipe."""
    words = ["curl", "--request", request.method, request.url]
    if re.search(r"[\[\]{}]", request.url):
        words.append("--globoff")
    if "/." in request.url:
        words.append("--path-as-is")
    for name, value in request.headers:
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    if request.body is None:
        return _line(words)
    if not any(name.lower() == "content-type" for name, _ in request.headers):
        words += ["--header", "Content-Type:"]  # or curl would name one of its own
    text = _argument(request.body)
    if text is not None:
        return _line([*words, "--data-binary", text])
    return f"echo {b64encode(request.body).decode()} | base64 -d | {_line([*words, '--data-binary', '@-'])}"


def _line(words: list[str]) -> str:
    return " ".join(map(quote, words))


def _argument(body: bytes) -> str | None:
    """A body as it may stand in a command line: UTF-8, no control characters, not taken for a file's name."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) or text.startswith("@") or len(body) > 100_000 else text
