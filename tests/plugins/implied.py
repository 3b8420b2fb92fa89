"""The schema that a WSDL implies for the body of an operation, as lxml validates it: by the W3C's rules, not by ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

XS = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
ENC = "http://schemas.xmlsoap.org/soap/encoding/"
ENVELOPES = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
# What SOAP 1.1 §5 says of arrays and of typed elements, as far as a schema can say it.
_ENCODING = f"""
<xs:schema xmlns:xs="{XS}" xmlns:e="{ENC}" targetNamespace="{ENC}">
  <xs:attribute name="arrayType" type="xs:string"/>
  <xs:complexType name="Array">
    <xs:sequence><xs:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute ref="e:arrayType"/><xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
</xs:schema>"""


@dataclass(frozen=True)
class Implied:
    """The schemas of a WSDL, in a folder where lxml finds them. places: namespace to file."""

    definitions: etree._Element
    folder: Path
    places: dict[str, str]

    @classmethod
    def of(cls, wsdl: Path, folder: Path) -> "Implied":
        """Take the schemas out of a WSDL and what it imports. folder: an empty one."""
        places = {ENC: _written(folder / "encoding.xsd", _ENCODING.encode())}
        root = etree.parse(wsdl).getroot()
        for index, (schema, base) in enumerate(_schemas(root, wsdl.parent)):
            for node in schema.iter(f"{{{XS}}}import", f"{{{XS}}}include", f"{{{XS}}}redefine"):
                if node.get("schemaLocation"):
                    node.set("schemaLocation", str((base / node.get("schemaLocation")).resolve()))
                elif node.get("namespace") in places:
                    node.set("schemaLocation", places[node.get("namespace")])
            _restate_arrays(schema)
            space = schema.get("targetNamespace")
            if space:
                places[space] = _written(folder / f"{index}.xsd", etree.tostring(schema))
            for node in schema.iterchildren(f"{{{XS}}}import"):
                if node.get("schemaLocation"):
                    places.setdefault(node.get("namespace"), node.get("schemaLocation"))
        return cls(root, folder, places)

    def assert_valid(self, envelope: etree._Element) -> None:
        """Body and header elements are what the schemas ask for. Raises DocumentInvalid."""
        assert etree.QName(envelope).namespace in ENVELOPES
        (body,) = (node for node in envelope if etree.QName(node).localname == "Body")
        for child in body:
            self._schema(self._wrapper(child.tag)).assertValid(_alone(child))
        for header in envelope.iterfind("./{*}Header/*"):
            if etree.QName(header).namespace in self.places:
                self._schema("").assertValid(_without_soap(_alone(header)))

    def _schema(self, extra: str) -> etree.XMLSchema:
        imports = "".join(
            f'<xs:import namespace="{space}" schemaLocation="{place}"/>'
            for space, place in self.places.items()
        )
        own, _, element = extra.partition("|")
        text = f'<xs:schema xmlns:xs="{XS}"{own}>{imports}{element}</xs:schema>'
        return etree.XMLSchema(etree.fromstring(text))

    def _wrapper(self, tag: str) -> str:
        """The element that rpc implies for an operation (WS-I Basic Profile 1.1 §4.7.5), where it is one."""
        name = etree.QName(tag)
        message = self._rpc_message(name.localname)
        if message is None:
            return ""
        own, parts = f' targetNamespace="{name.namespace}"', ""
        for part in message:
            prefix, _, local = part.get("type").rpartition(":")
            own += (
                f' xmlns:{prefix}="{part.nsmap[prefix]}"'
                if f"xmlns:{prefix}=" not in own and prefix != "xs"
                else ""
            )
            parts += f'<xs:element name="{part.get("name")}" type="{prefix}:{local}" nillable="true"/>'
        more = '<xs:anyAttribute namespace="##other" processContents="lax"/>'
        return f'{own}|<xs:element name="{name.localname}"><xs:complexType><xs:sequence>{parts}</xs:sequence>{more}</xs:complexType></xs:element>'

    def _rpc_message(self, operation: str) -> list[etree._Element] | None:
        for binding in self.definitions.iter(f"{{{WSDL}}}binding"):
            style = [node.get("style") for node in binding if etree.QName(node).localname == "binding"]
            names = [node.get("name") for node in binding.iterchildren(f"{{{WSDL}}}operation")]
            if "rpc" in style and operation in names:
                (input_,) = self.definitions.iterfind(
                    f"./{{{WSDL}}}portType/{{{WSDL}}}operation[@name='{operation}']/{{{WSDL}}}input"
                )
                local = input_.get("message").rpartition(":")[2]
                return list(self.definitions.find(f"./{{{WSDL}}}message[@name='{local}']"))
        return None


def _schemas(root: etree._Element, base: Path) -> Iterator[tuple[etree._Element, Path]]:
    for schema in root.iter(f"{{{XS}}}schema"):
        yield _alone(schema), base
    for node in root.iterchildren(f"{{{WSDL}}}import"):
        path = base / node.get("location")
        yield from _schemas(etree.parse(path).getroot(), path.parent)


def _restate_arrays(schema: etree._Element) -> None:
    """WSDL 1.1 §2.2 restricts the Array of SOAP without saying again what is in it, as XML Schema would have it."""
    for node in schema.iter(f"{{{XS}}}restriction"):
        if (node.get("base") or "").endswith(":Array"):
            inside = etree.Element(f"{{{XS}}}sequence")
            node.insert(0, inside)
            more = {"processContents": "lax", "minOccurs": "0", "maxOccurs": "unbounded"}
            etree.SubElement(inside, f"{{{XS}}}any", more)


def _alone(node: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(node))


def _without_soap(header: etree._Element) -> etree._Element:
    for name in [name for name in header.attrib if etree.QName(name).namespace in ENVELOPES]:
        del header.attrib[name]
    return header


def _written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)
