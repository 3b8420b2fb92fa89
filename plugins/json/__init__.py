"""Transport `json`: a JSON document as the body, or as one parameter of a form."""

from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from gateway import (
    FORM_HEADERS,
    Endpoint,
    Request,
    Settings,
    Values,
    form_of,
    form_parameters,
    hookimpl,
    json_text,
)

JSON_HEADERS = (("Content-Type", "application/json; charset=utf-8"),)


class Json(Settings):
    """A request with the mapped values as a JSON document."""

    mapped: ClassVar[tuple[str, ...]] = ("extra_parameters", "nested_extra_parameters")

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    """The HTTP method."""
    json_parameter: str | None = Field(None, min_length=1)
    """Send a form instead, with the JSON text in the parameter of this name."""
    extra_parameters: dict[str, Any] = Field({})
    """Further form parameters beside `json_parameter`: a mapping, sent as plain text."""
    nested_extra_parameters: dict[str, Any] = Field({})
    """Further form parameters beside `json_parameter`: a mapping of which each top-level name is sent as JSON text."""

    @field_validator("extra_parameters", "nested_extra_parameters")
    @classmethod
    def _stands_beside(cls, extra: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if extra and info.data.get("json_parameter", "") is None:
            raise ValueError("is sent only beside json_parameter (name the form parameter for the JSON text)")
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
    form = {
        "json_parameter": [(own.json_parameter, document)],
        "extra_parameters": form_parameters(values.extras.get("extra_parameters"), "extra_parameters"),
        "nested_extra_parameters": _nested(values.extras.get("nested_extra_parameters")),
    }
    return Request(own.method, values.url, FORM_HEADERS, form_of(form))


def _nested(tree: Any) -> list[tuple[str, str]]:
    """Each top-level name with its JSON text. Raises RenderError."""
    texts = {name: json_text(value) for name, value in tree.items()} if isinstance(tree, dict) else tree
    return list(form_parameters(texts, "nested_extra_parameters"))
