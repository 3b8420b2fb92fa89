"""Transport `json`: a JSON document as the body, or as one parameter of a form."""

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from gateway import (
    FORM_HEADERS,
    Constants,
    Endpoint,
    Request,
    Settings,
    Values,
    form_encode,
    form_parameters,
    hookimpl,
    json_text,
)

JSON_HEADERS = (("Content-Type", "application/json; charset=utf-8"),)


class Json(Settings):
    """A request with the mapped values as a JSON document."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    """The HTTP method."""
    json_parameter: str | None = Field(None, min_length=1)
    """Send a form instead, with the JSON text in the parameter of this name."""
    extra_parameters: Constants = Field(default_factory=dict)
    """Further form parameters beside `json_parameter`, sent as written."""
    nested_extra_parameters: Constants = Field(default_factory=dict)
    """Further form parameters beside `json_parameter`, each sent as JSON text."""

    @field_validator("extra_parameters", "nested_extra_parameters")
    @classmethod
    def _stands_beside(cls, extra: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        parameter = info.data.get("json_parameter")
        if extra and parameter is None:
            raise ValueError("is sent only beside json_parameter (name the form parameter for the JSON text)")
        twice = sorted(extra.keys() & {parameter, *info.data.get("extra_parameters", ())})
        if twice:
            raise ValueError(
                f"the form already has a parameter {twice[0]} (give each parameter its own name)"
            )
        return extra


@hookimpl
def settings() -> type[Json]:
    """The transport's own conf keys."""
    return Json


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    """Encode the values as JSON; without a mapping the document is `{}`."""
    own: Json = endpoint.settings
    document = json_text({} if values.tree is None else values.tree)
    if own.json_parameter is None:
        return Request(own.method, values.url, JSON_HEADERS, document.encode())
    nested = {name: json_text(value) for name, value in own.nested_extra_parameters.items()}
    form = {own.json_parameter: document, **own.extra_parameters, **nested}
    return Request(own.method, values.url, FORM_HEADERS, form_encode(form_parameters(form)).encode())
