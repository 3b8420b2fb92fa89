"""What zeep makes of the documents of a WSDL, kept for whoever asks for the same again."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from zeep.settings import Settings as ZeepSettings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding

from plugins.soap.documents import (
    MAX_BYTES,
    MAX_DOCUMENTS,
    MAX_WEIGHT,
    TOO_LARGE,
    WELL_KNOWN,
    Documents,
    WsdlError,
)
from plugins.soap.families import Families
from plugins.soap.weights import WSDL

MOST_LOADED = 4 * MAX_BYTES
MOST_KEPT = 2 * MAX_WEIGHT  # of all that is kept together


@dataclass(frozen=True, slots=True)
class Offer:
    """One operation at one port. name: in full; operation, binding: as zeep parsed them."""

    name: str
    address: str | None
    operation: Any
    binding: Any

    @property
    def version(self) -> str:
        """The SOAP version of the binding."""
        return "1.2" if isinstance(self.binding, Soap12Binding) else "1.1"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What zeep made of a WSDL. encoded: (binding, operation) pairs whose input is rpc/encoded."""

    offers: tuple[Offer, ...]
    encoded: frozenset[tuple[str, str]]
    families: Families


class _Shelf:
    """What zeep takes for its transport: answers for the gathered documents, and for nothing else.

    A document that others include or import under several names is asked for, and read, once for each of them: that
    too is bounded.
    """

    _LOAD = 20  # what reading a document costs beside what is in it

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._weight = self._size = 0

    def load(self, name: str) -> bytes:
        found = self._documents.contents.get(name) or WELL_KNOWN.get(name)
        if found is None:
            raise WsdlError(f"the WSDL asks for {name}, which it does not import")
        self._weight += self._LOAD + self._documents.weights.get(name, 0)
        self._size += len(found)
        if self._weight > MAX_WEIGHT + self._LOAD * MAX_DOCUMENTS or self._size > MOST_LOADED:
            raise WsdlError(TOO_LARGE)
        return found


@dataclass(slots=True)
class _Shared:
    """What was parsed of the last few WSDLs, by digest. turns: whoever parses one holds up nobody who wants another."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: dict[str, threading.Lock] = field(default_factory=dict)
    parsed: OrderedDict[str, tuple[Parsed, int]] = field(default_factory=OrderedDict)

    def keep(self, digest: str, parsed: Parsed, weight: int) -> None:
        with self.lock:
            self.parsed[digest] = parsed, weight
            self.parsed.move_to_end(digest)
            while len(self.parsed) > 1 and sum(each for _, each in self.parsed.values()) > MOST_KEPT:
                self.parsed.popitem(last=False)


_shared = _Shared()


def read(documents: Documents) -> Parsed:
    """Parse with zeep, once for equal contents. Raises WsdlError."""
    with _shared.lock:
        turn = _shared.turns.setdefault(documents.digest, threading.Lock())
    with turn:
        try:
            kept = _shared.parsed.get(documents.digest)
            parsed = kept[0] if kept else _parse(documents)
            _shared.keep(documents.digest, parsed, sum(documents.weights.values()))
        finally:
            _shared.turns.pop(documents.digest, None)
    return parsed


def _parse(documents: Documents) -> Parsed:
    settings = ZeepSettings(strict=True, forbid_dtd=True, forbid_entities=True, force_https=False)
    try:
        document: Any = Document(documents.root, _Shelf(documents), settings=settings)  # type: ignore[arg-type]
        families = Families.of(documents.contents, document.types)
        return Parsed(tuple(_offers(document)), frozenset(_encoded(documents)), families)
    except Exception as error:
        raise unreadable(documents, error) from error


def unreadable(documents: Documents, error: Exception) -> WsdlError:
    """What a library says of documents, in words of ours and with the addresses that they came from."""
    sentence = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, RecursionError):
        sentence = "its schemas are nested too deeply (a few dozen levels are right)"
    for name, address in sorted(documents.addresses.items(), reverse=True):
        sentence = sentence.replace(name, address)
    return WsdlError(f"the WSDL at {documents.addresses[documents.root]} cannot be used: {sentence}")


def _offers(document: Any) -> Iterator[Offer]:
    for service in document.services.values():
        for port in service.ports.values():
            if not isinstance(port.binding, SoapBinding):
                continue
            binding: Any = port.binding
            address = (port.binding_options or {}).get("address")
            for operation in binding.all().values():
                if operation.input is not None:
                    name = f"{service.name}.{port.name}.{operation.name}"
                    yield Offer(name, address, operation, binding)


def _encoded(documents: Documents) -> Iterator[tuple[str, str]]:
    """zeep does not keep `use`."""
    for content in documents.contents.values():
        for body in etree.fromstring(content).iterfind(
            f"{{{WSDL}}}binding/{{{WSDL}}}operation/{{{WSDL}}}input/*"
        ):
            operation = body.getparent().getparent()  # type: ignore[union-attr]
            if body.get("use") == "encoded" and etree.QName(body).localname == "body":
                yield str(operation.getparent().get("name")), str(operation.get("name"))  # type: ignore[union-attr]
