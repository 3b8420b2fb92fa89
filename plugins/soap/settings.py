"""The conf keys of the transport `soap`."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator

from gateway import Settings

# What can stand in a request line, a prefix, a namespace as it is.
ADDRESS = re.compile(r"(?i:https?)://[^\x00-\x20\x7f-\U0010ffff\"#<>\\^`{|}]+")
_PREFIX = re.compile("(?!(?i:xml))[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED = ("soap", "xsi", "xsd", "enc")
_NAMESPACE = re.compile(r"[^\x00-\x20\x7f-\U0010ffff\"<>\\^`{|}]+")


def _written(version: Any) -> Any:
    """A version without quotes is a number in YAML."""
    return str(version) if isinstance(version, Decimal) else version


Version: TypeAlias = Annotated[Literal["1.1", "1.2"], BeforeValidator(_written)]


class Root(Settings):
    """What the body's element is called where a server insists on it."""

    prefix: str | None = None
    """The prefix of its namespace."""
    xmlns: str | None = None
    """Its namespace, in place of the WSDL's."""

    @field_validator("prefix")
    @classmethod
    def _is_prefix(cls, prefix: str | None) -> str | None:
        if prefix is not None and (prefix in _RESERVED or not _PREFIX.fullmatch(prefix)):
            raise ValueError(
                f"{prefix!r} cannot be a prefix (right would be letters and digits such as acme)"
            )
        return prefix

    @field_validator("xmlns")
    @classmethod
    def _is_namespace(cls, xmlns: str | None) -> str | None:
        if xmlns is not None and not _NAMESPACE.fullmatch(xmlns):
            raise ValueError(f"{xmlns!r} cannot be a namespace (right would be a URI such as urn:acme)")
        return xmlns


class SoapSettings(Settings):
    """A call of one operation of the WSDL at `url`, with the mapped values as its arguments."""

    attributes: ClassVar[bool] = True
    mapped: ClassVar[tuple[str, ...]] = ("soap_headers",)
    writes_auth: ClassVar[bool] = True
    expects: ClassVar[Literal["envelope"] | None] = "envelope"

    operation: str = Field(min_length=1)
    """The operation, or Service.Port.operation where its name alone is not enough."""
    version: Version | None = None
    """The SOAP version; by default what the WSDL's binding says."""
    address: str | None = None
    """Where to send the request, in place of the address in the WSDL; needed where a fetched one names another host."""
    soap_headers: dict[str, Any] = Field(default_factory=dict)
    """SOAP header elements, mapped as in `mapping`: `Name.child` is an element in one, `Name@xmlns` its namespace."""
    root: Root | None = None
    """Prefix and namespace of the body's element, in place of the WSDL's."""

    @field_validator("address")
    @classmethod
    def _is_address(cls, address: str | None) -> str | None:
        if address is not None and not ADDRESS.fullmatch(address):
            raise ValueError(
                f"{address!r} is not an address (right would be http://... or https://..., in ASCII)"
            )
        return address
