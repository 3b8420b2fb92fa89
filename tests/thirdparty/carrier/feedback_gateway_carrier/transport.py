"""Transport `carrier`: a POST of plain text, one value a line."""

from typing import Annotated, Literal

from pydantic import Field

from gateway import Endpoint, RenderError, Request, Settings, Values, form_parameters, hookimpl


class Carrier(Settings):
    """A POST request with one mapped value a line."""

    separator: Annotated[str, Field(min_length=1)] = "="
    """What stands between a name and its value."""
    charset: Literal["utf-8", "us-ascii"] = "utf-8"
    """The encoding of the text. A value that it cannot hold is refused."""


@hookimpl
def settings() -> type[Carrier]:
    """The conf keys beside `transport: carrier`."""
    return Carrier


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    """Write one line for each value; nested names are dotted, as in a form."""
    own: Carrier = endpoint.settings
    text = "".join(_line(name, own.separator, value) for name, value in form_parameters(values.tree))
    try:
        body = text.encode(own.charset)
    except UnicodeEncodeError as error:
        raise RenderError(f"a value cannot be written in {own.charset} (set send_ascii: true)") from error
    return Request("POST", values.url, (("Content-Type", f"text/plain; charset={own.charset}"),), body)


def _line(name: str, separator: str, value: str) -> str:
    if "\n" in name + value or "\r" in name + value:
        raise RenderError("a line cannot hold a line break (replace it in the template)", f"mapping.{name}")
    if separator in name:
        raise RenderError(
            f"the name holds the separator {separator!r} (map to another name)", f"mapping.{name}"
        )
    return f"{name}{separator}{value}\n"
