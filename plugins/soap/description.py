"""A WSDL in short, for a person: its ports, its operations, and what they take, as the keys of a mapping."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from gateway import Argument, Description, Offer
from plugins.soap import addresses, parsing, wsdl
from plugins.soap.declarations import Declarations, Node
from plugins.soap.documents import Documents, WsdlError, gather
from plugins.soap.marks import TYPE_WORD
from plugins.soap.names import Path, dotted, fields
from plugins.soap.parsing import Parsed
from plugins.soap.plan import Complex, Field, Order, Plan, Wildcard
from plugins.soap.settings import SoapSettings

_MOST = 500  # arguments that are told of one operation
_MOST_STEPS = 20_000  # on the way to them
_MOST_IN_ALL = 200_000  # elements that all operations together may know of
_DEPTH = 12


def describe(address: str, load: Callable[[str], bytes], settings: SoapSettings | None) -> Description:
    """What a WSDL offers; with settings, the one operation that they call. Raises WsdlError, and what `load` raises."""
    documents = gather(address, load)
    parsed = parsing.read(documents)
    offers = parsed.offers
    if settings is not None:
        offers = (wsdl.pick(offers, settings.operation, settings.version),)
    elif not offers:
        raise WsdlError(
            f"the WSDL at {address} offers no operation over SOAP and HTTP (right would be one or more)"
        )
    teller = _Teller(documents, parsed, settings)
    return Description("WSDL 1.1", tuple(teller.tell(offer) for offer in offers))


@dataclass(slots=True)
class _Teller:
    """Tells operations of one WSDL. settings: of the conf that calls the one; size: of the plans made so far."""

    documents: Documents
    parsed: Parsed
    settings: SoapSettings | None
    size: int = 0
    told: Declarations = field(init=False)

    def __post_init__(self) -> None:
        self.told = Declarations(self.documents)

    def tell(self, offer: parsing.Offer) -> Offer:
        """One operation, with the problem where its plan cannot be made."""
        operation = offer.operation
        address = (offer.address or "").strip()
        seen = Offer(
            name=operation.name,
            place=offer.name.rpartition(".")[0],
            facts=(("SOAP", offer.version), ("address", address)),
            keys={"operation": _shortest(offer, self.parsed)},
            text=self.told.operation(str(offer.binding.port_type.name.text), operation.name),
        )
        try:
            made = self._plan(offer)
            message = self.told.message(str(operation.abstract.input_message.name.text))
            arguments = _Walk(self.told).arguments(made.root, message)
            doubt = addresses.doubted(offer, self.documents)
        except Exception as error:  # noqa: BLE001  zeep's, on what one operation refers to: the others can be told
            return replace(seen, problem=" ".join(str(error).split()) or type(error).__name__)
        style = f"{operation.style or 'document'}/{'encoded' if made.root_attributes else 'literal'}"
        keys = {**seen.keys, "address": made.address} if doubt else seen.keys
        facts = (seen.facts[0], ("style", style), seen.facts[1])
        return replace(seen, facts=facts, keys=keys, arguments=arguments)

    def _plan(self, offer: parsing.Offer) -> Plan:
        if self.size > _MOST_IN_ALL:
            raise WsdlError("it is not told, as the WSDL is too large to tell it whole")
        own = SoapSettings(operation=offer.name, address=addresses.given(offer, self.documents))
        made = wsdl.compiled(offer, self.parsed, self.settings or own, self.documents, self.told)
        self.size += made.size
        return made


def _shortest(offer: parsing.Offer, parsed: Parsed) -> str:
    """What `operation` must say to mean this offer."""
    try:
        found = wsdl.pick(parsed.offers, offer.operation.name, None)
    except WsdlError:
        return offer.name
    return str(offer.operation.name) if found is offer else offer.name


@dataclass(frozen=True, slots=True)
class _Where:
    """What holds for a part because of what it stands in: see Argument."""

    required: bool = True
    within: str = ""
    most: int | None = 1
    instead: tuple[str, ...] = ()


class _EnoughError(Exception):
    """As many arguments were found as are told, or as many steps were made as that is worth."""


class _Walk:
    """Collects the arguments of one operation, following its plan and its declarations hand in hand."""

    def __init__(self, told: Declarations) -> None:
        self._told = told
        self._found: dict[str, Argument] = {}
        self._outer: list[Complex] = []
        self._steps = 0

    def arguments(self, root: Field, message: Node | None) -> tuple[Argument, ...]:
        """Every argument, in the order of the schema. message: where the parts are that are the arguments."""
        declared = self._told.element(root.tag)
        if isinstance(root.kind, Complex):
            with suppress(_EnoughError):
                self._complex(root.kind, message if declared is None else declared, (), _Where())
        return tuple(self._found.values())[:_MOST]

    def _complex(self, kind: Complex, node: Node | None, path: Path, where: _Where) -> None:
        inside = self._told.inside(node)
        self._outer.append(kind)
        for name, attribute in kind.attributes.items():
            required = attribute.required and where.required
            one = Argument(dotted((*path, name)), attribute.kind.name, required, where.within)
            self._add(replace(one, instead=where.instead), inside.get(name))
        self._order(kind.content, inside, path, where)
        self._types(kind, path, where)
        self._outer.pop()

    def _types(self, kind: Complex, path: Path, where: _Where) -> None:
        """What may stand here instead, and what that takes beyond."""
        if not kind.types:
            return
        choose = dotted((*path, TYPE_WORD))
        types = tuple(kind.types)
        one = Argument(choose, "type", kind.abstract, where.within, values=types, placeholder=types[0])
        self._found.setdefault(choose, one)
        for chosen in kind.types.values():
            inside = self._told.inside(self._told.type(chosen.tag))
            for part in fields(chosen.kind):
                self._step()
                if part.name not in kind.known:
                    self._field(part, inside, path, _Where(within=choose))

    def _order(self, order: Order, inside: Mapping[str, Node], path: Path, where: _Where) -> None:
        required, most = where.required and order.required, None if order.repeats else where.most
        where = replace(where, required=required, most=most)
        if order.choice and len(order.parts) > 1 and not order.repeats:
            where = replace(where, instead=tuple(_firsts(order, path)))
        for part in order.parts:
            self._step()
            if isinstance(part, Order):
                self._order(part, inside, path, where)
            elif isinstance(part, Field):
                self._field(part, inside, path, where)

    def _field(self, part: Field, inside: Mapping[str, Node], path: Path, where: _Where) -> None:
        declared = inside.get(part.name)
        if declared is None:
            declared = self._told.element(part.tag)
        here = (*path, part.name)
        most = None if where.most is None else part.most
        # zeep takes every branch of a choice for optional: of the choice as a whole more is known.
        required = where.required and (part.required or dotted(here) in where.instead)
        one = Argument(dotted(here), "anything", required, where.within, most, part.nillable, where.instead)
        kind = part.kind
        if not isinstance(kind, Complex):
            self._add(replace(one, type=getattr(kind, "name", one.type)), declared)
        elif kind in self._outer or len(self._outer) >= _DEPTH:
            self._add(replace(one, type="the same again, inside"), declared)
        else:
            if kind.text is not None:
                self._add(replace(one, type=kind.text.name), declared)
            elif not kind.known:
                self._add(replace(one, type="any elements" if kind.open else "an empty element"), declared)
            optional = not required or where.instead
            within = _Where(within=dotted(here) if optional else where.within, instead=where.instead)
            self._complex(kind, declared, here if most == 1 else (*here, 0), within)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS or len(self._found) >= _MOST:
            raise _EnoughError

    def _add(self, argument: Argument, declared: Node | None) -> None:
        values, text = self._told.values(declared), self._told.text(declared)
        self._found.setdefault(argument.key, replace(argument, values=values, text=text))


def _firsts(order: Order, path: Path) -> Iterator[str]:
    """The key by which each branch of a choice begins."""
    for part in order.parts:
        first: Field | Order | Wildcard | None = part
        while isinstance(first, Order):
            first = first.parts[0] if first.parts else None
        if isinstance(first, Field):
            yield dotted((*path, first.name))
