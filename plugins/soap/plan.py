"""What one operation takes, compiled from zeep's parsed schema: elements, their order, their types.

A Plan is made once, when the conf is loaded, and never changes; rendering only walks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, ClassVar, TypeAlias

from lxml import etree
from zeep import xsd
from zeep.xsd.elements.indicators import Choice, Group, Indicator

from plugins.soap.documents import SOAP_ENC, XML, WsdlError
from plugins.soap.families import Families
from plugins.soap.lexical import XSD, ListOf, OneOf, Simple, Text, simple

XSI = "http://www.w3.org/2001/XMLSchema-instance"
MAX_FIELDS = 20_000  # that one operation may take
# What stands in an element beside what its schema names, under a word that no mapping can hold.
REST = "##any"


@dataclass(frozen=True, slots=True)
class Anything:
    """The type of an element of which the schema says nothing: text, or elements named as they are given."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; tag is its name in Clark notation."""

    tag: str
    kind: Simple
    required: bool


@dataclass(slots=True, eq=False)
class Complex:
    """The inside of an element that has parts. A type may hold itself, so it is filled after it was made.

    attributes: by `@name`; text: the type of its text, where it may hold some; open: further elements may
    stand in it; array: the item type of a SOAP-encoded array; known: every word that the mapping may use; types: what
    `@xsi:type` may choose in its place, by word; abstract: one of these must be chosen.
    """

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    content: "Order" = field(default_factory=lambda: Order(()))
    text: Simple | None = None
    open: bool = False
    open_attributes: bool = False
    array: str | None = None
    known: frozenset[str] = frozenset()
    types: "Mapping[str, Chosen]" = field(default_factory=dict)
    abstract: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A type that may stand in the place of another; tag is its name in Clark notation."""

    tag: str
    kind: Complex


Kind: TypeAlias = Simple | Complex | Anything


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One element that may stand in another.

    name: the word in the mapping; tag: in Clark notation; most: how often it may stand, None for any number;
    type: what `xsi:type` says in an rpc/encoded message.
    """

    name: str
    tag: str
    kind: Kind
    required: bool = True
    nillable: bool = False
    most: int | None = 1
    type: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """The words in the mapping that this part takes."""
        return frozenset((self.name,))


@dataclass(frozen=True, slots=True)
class Wildcard:
    """The place of elements that the schema does not name."""

    names: ClassVar[frozenset[str]] = frozenset((REST,))
    required: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Parts in the order of the schema; of a choice only one is meant.

    repeats: the whole may stand several times.
    """

    parts: "tuple[Field | Order | Wildcard, ...]"
    choice: bool = False
    required: bool = True
    repeats: bool = False
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(name for part in self.parts for name in part.names))


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an envelope is made of but the values. Equal plans write equal envelopes.

    digest: of the documents it was made from; operation: its full name; address: where to; headers: of the request;
    envelope: the namespace of the envelope; root: the element whose parts are the arguments, or the Body itself;
    prefixes, root_attributes: what stands on it; declared: the header elements that the WSDL knows; size: how many
    elements it knows of.
    """

    digest: str
    operation: str
    address: str
    headers: tuple[tuple[str, str], ...]
    envelope: str
    root: Field = field(repr=False, compare=False)
    prefixes: Mapping[str, str] = field(hash=False)
    declared: Mapping[str, Field] = field(repr=False, compare=False)
    root_attributes: tuple[tuple[str, str], ...] = ()
    size: int = field(default=0, repr=False, compare=False)


class Compiler:
    """Makes Fields of zeep's elements. prefixes: of every namespace met so far; encoding: of rpc/encoded.

    size: how many it has made. Raises WsdlError past MAX_FIELDS of them.
    """

    def __init__(self, families: Families, encoding: str | None = None) -> None:
        self.prefixes: dict[str, str] = {"xsi": XSI}
        self._families = families
        self._encoded = encoding is not None
        self._made: dict[int, Complex] = {}
        self.size = 0
        if encoding is not None:
            self.prefixes |= {"xsd": XSD, "enc": encoding}

    def element(self, element: Any, repeats: bool = False) -> Field:
        """One zeep element, with everything in it."""
        self.size += 1
        if self.size > MAX_FIELDS:
            raise WsdlError(f"an operation takes more than {MAX_FIELDS:,} elements (a few hundred are right)")
        most = None if repeats or element.max_occurs == "unbounded" else int(element.max_occurs)
        tag = self._tag(element.qname)
        kind = self._kind(element.type)
        type_ = self._type(element.type) if self._encoded else None
        return Field(
            element.qname.localname, tag, kind, element.min_occurs > 0, bool(element.nillable), most, type_
        )

    def prefix(self, namespace: str) -> str:
        """The prefix of a namespace, which is declared with it."""
        known = next((prefix for prefix, named in self.prefixes.items() if named == namespace), None)
        if known is None:
            known = next(name for number in count() if (name := f"ns{number}") not in self.prefixes)
            self.prefixes[known] = namespace
        return known

    def _tag(self, name: etree.QName) -> str:
        if name.namespace and name.namespace != XML:
            self.prefix(name.namespace)
        return name.text

    def _kind(self, type_: Any) -> Kind:
        if isinstance(type_, xsd.ComplexType):
            return self._complex(type_)
        return _simple(type_) if isinstance(type_, xsd.AnySimpleType) else Anything()

    def _complex(self, type_: Any) -> Complex:
        made = self._made.get(id(type_))
        if made is None:
            made = self._made[id(type_)] = Complex()
            self._fill(made, type_)
        return made

    def _fill(self, made: Complex, type_: Any) -> None:
        attributes = {}
        for _, attribute in type_.attributes:
            if attribute.qname is None:
                made.open_attributes = True
            elif attribute.qname.namespace != SOAP_ENC:
                tag = self._tag(attribute.qname)
                attributes[f"@{attribute.qname.localname}"] = Attribute(
                    tag, _simple(attribute.type), attribute.required
                )
        made.attributes = attributes
        made.abstract = self._families.is_abstract(type_)
        made.types = {
            found.qname.localname: Chosen(found.qname.text, self._complex(found))
            for found in self._families.derived(type_)
        }
        for _, inside in type_.elements_nested:
            if type_._array_type is not None:
                self._array(made, type_)
            elif isinstance(inside, xsd.Element):
                self._text(made, inside)
            else:
                made.content = self._order(inside)
        made.open = REST in made.content.names
        words = made.content.names | attributes.keys() | ({"#text"} if made.text else set())
        made.known = words - {REST}

    def _text(self, made: Complex, inside: Any) -> None:
        base = self._kind(inside.type)
        made.text = base.text if isinstance(base, Complex) else Text() if isinstance(base, Anything) else base

    def _array(self, made: Complex, type_: Any) -> None:
        item = type_._array_type.array_type
        made.array = self._type(item) or "xsd:anyType"
        made.content = Order((Field("item", "item", self._kind(item), False, False, None, made.array),))

    def _order(self, indicator: Any, repeats: bool = False, required: bool = True) -> Order:
        repeated = repeats or indicator.max_occurs != 1
        required = required and indicator.min_occurs > 0
        if isinstance(indicator, Group):
            return self._order(indicator.child, repeated, required)
        choice = isinstance(indicator, Choice)
        # Where nothing else repeats with it, a repeated element is simply one that may stand several times.
        each = repeated and (choice or len(indicator) == 1)
        parts = tuple(self._part(part, each) for part in indicator)
        return Order(parts, choice, required, repeated and (choice or not each))

    def _part(self, part: Any, repeats: bool) -> Field | Order | Wildcard:
        if isinstance(part, xsd.Any):
            return Wildcard()
        if isinstance(part, Indicator):
            return self._order(part, repeats)
        head = self.element(part, repeats)
        if not self._families.has_substitutes(part):
            return head
        any_of = (self.element(found) for found in self._families.substitutes(part))
        fields = tuple(replace(found, required=False, most=head.most) for found in any_of)
        return Order(fields, choice=True, required=head.required, repeats=head.most != 1)

    def _type(self, type_: Any) -> str | None:
        """What `xsi:type` says: the built-in below a simple type, the name of a global complex one."""
        if isinstance(type_, xsd.AnySimpleType):
            return f"{self.prefix(XSD)}:{type_._default_qname.localname}"
        if isinstance(type_, xsd.ComplexType) and type_.is_global and type_.qname.namespace:
            return f"{self.prefix(type_.qname.namespace)}:{type_.qname.localname}"
        return None


def _simple(type_: Any) -> Simple:
    if isinstance(type_, xsd.ListType):
        # Of a restricted list zeep forgets the type of the items.
        return ListOf(_simple(type_.item_type))
    if isinstance(type_, xsd.UnionType):
        return OneOf(tuple(_simple(member) for member in type_.item_types))
    return simple(type_._default_qname.localname) if isinstance(type_, xsd.AnySimpleType) else Text()
