"""Names and namespaces of a document, checked (Namespaces in XML 1.0)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from lxml import etree

from gateway import RenderError, mapping_key

# A place in the tree.
Path: TypeAlias = tuple[str | int, ...]
# The namespaces that are known at a place, by prefix; "" is the default namespace.
Scope: TypeAlias = Mapping[str, str]

XML = "http://www.w3.org/XML/1998/namespace"
_RESERVED = (XML, "http://www.w3.org/2000/xmlns/")


def qualified(name: str, scope: Scope, path: Path, default: str = "") -> str:
    """A name with its namespace, as lxml takes it; default: the namespace of a name without prefix."""
    prefix, colon, local = name.rpartition(":")
    _check_name(local, name, path)
    if not colon:
        return f"{{{default}}}{local}" if default else local
    _check_name(prefix, name, path)
    if prefix not in scope:
        raise RenderError(
            f"the prefix {prefix} is not declared (map NAME@xmlns:{prefix} on this element or one around it)",
            mapping_key(path),
        )
    return f"{{{scope[prefix]}}}{local}"


def namespace(prefix: str, uri: str, path: Path) -> str:
    """The URI that a prefix is declared for, checked; the prefix "" is the default namespace."""
    if prefix in ("xml", "xmlns") or uri in _RESERVED:
        raise RenderError(
            "the prefixes xml and xmlns need no declaration (leave this out)", mapping_key(path)
        )
    if prefix:
        _check_name(prefix, f"xmlns:{prefix}", path)
        if not uri:
            raise RenderError(f"the prefix {prefix} has no namespace (give it a URI)", mapping_key(path))
    try:
        etree.Element("any", nsmap={"any": uri})
    except ValueError:
        raise RenderError(
            "the namespace is not a URI (urn:example:returns is one)", mapping_key(path)
        ) from None
    return uri


def _check_name(part: str, name: str, path: Path) -> None:
    if not _is_name(part):
        raise RenderError(
            f"{name!r} cannot be a name in XML (a letter or _ first, then letters, digits, - _ and .)",
            mapping_key(path),
        )


@lru_cache(maxsize=4096)
def _is_name(part: str) -> bool:
    try:
        etree.QName("" if "{" in part else part)
    except ValueError:
        return False
    return True
