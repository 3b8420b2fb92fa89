"""Transport `formpost`: a POST of form parameters (application/x-www-form-urlencoded)."""

from typing import ClassVar

from gateway import FORM_HEADERS, Endpoint, Request, Settings, Values, form_encode, form_parameters, hookimpl


class FormPost(Settings):
    """A POST request with the mapped values as form parameters."""

    bracketed: ClassVar[bool] = True

    encode_field_names: bool = True
    """Percent-encode the names, as values always are; `false` sends them as written: `lead[email]`."""


@hookimpl
def settings() -> type[FormPost]:
    """The transport's own conf keys."""
    return FormPost


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    """Encode the values as form parameters."""
    own: FormPost = endpoint.settings
    body = form_encode(form_parameters(values.tree), encode_names=own.encode_field_names)
    return Request("POST", values.url, FORM_HEADERS, body.encode())
