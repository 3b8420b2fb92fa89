"""Transport `xml`: an XML document as the body, or as one parameter of a form."""

from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from gateway import FORM_HEADERS, Endpoint, Request, Settings, Values, form_of, form_parameters, hookimpl
from plugins.xml.document import build

XML_HEADERS = (("Content-Type", "text/xml; charset=utf-8"),)


class Xml(Settings):
    """A request with the mapped values as an XML document."""

    attributes: ClassVar[bool | tuple[str, ...]] = ("mapping",)
    mapped: ClassVar[tuple[str, ...]] = ("extra_parameters",)

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    """The HTTP method."""
    xml_parameter: str | None = Field(None, min_length=1)
    """Send a form instead, with the XML document in the parameter of this name."""
    extra_parameters: dict[str, Any] = Field({})
    """Further form parameters beside `xml_parameter`: a mapping, sent as plain text."""

    @field_validator("extra_parameters")
    @classmethod
    def _stands_beside(cls, extra: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if extra and info.data.get("xml_parameter", "") is None:
            raise ValueError(
                "is sent only beside xml_parameter (name the form parameter for the XML document)"
            )
        return extra


@hookimpl
def settings() -> type[Xml]:
    """The transport's own conf keys."""
    return Xml


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    """Encode the values as XML; notes say which characters had to be removed."""
    own: Xml = endpoint.settings
    document, notes = build(values.tree)
    if own.xml_parameter is None:
        return Request(own.method, values.url, XML_HEADERS, document.encode(), notes)
    form = {
        "xml_parameter": [(own.xml_parameter, document)],
        "extra_parameters": form_parameters(values.extras.get("extra_parameters"), "extra_parameters"),
    }
    return Request(own.method, values.url, FORM_HEADERS, form_of(form), notes)
