"""WSDLs that mean harm: small ones that come to very much when what they name is written out.

Run as a program it plans and describes each of them, and prints how that went.
"""

import json
import resource
import time
from collections.abc import Iterator

HEAD = (
    '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
    'xmlns:t="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">'
)
CALL = (
    '<portType name="pt"><operation name="Do"><input message="t:i"/></operation></portType>'
    '<binding name="b" type="t:pt"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>'
    '<operation name="Do"><soap:operation soapAction=""/><input><soap:body use="literal"/></input></operation></binding>'
    '<service name="S"><port name="P" binding="t:b"><soap:address location="http://127.0.0.1:1/"/></port></service>'
    "</definitions>"
)


def wsdl(types: str, inside: str = "", extra: str = "") -> bytes:
    """One operation `Do` with these types; inside: of its sequence; extra: after it."""
    do = f'<xs:element name="Do"><xs:complexType><xs:sequence>{inside}</xs:sequence>{extra}</xs:complexType></xs:element>'
    schema = f'<types><xs:schema targetNamespace="urn:t" elementFormDefault="qualified">{types}{do}</xs:schema></types>'
    return f'{HEAD}{schema}<message name="i"><part name="p" element="t:Do"/></message>{CALL}'.encode()


def groups(levels: int, each: int) -> bytes:
    """Groups, each of them of the next one several times."""
    nested = (
        f'<xs:group name="G{n}"><xs:sequence>{f"""<xs:group ref="t:G{n + 1}"/>""" * each}</xs:sequence></xs:group>'
        for n in range(levels)
    )
    last = f'<xs:group name="G{levels}"><xs:sequence><xs:element name="v" type="xs:string"/></xs:sequence></xs:group>'
    return wsdl("".join(nested) + last, '<xs:group ref="t:G0"/>')


def attribute_groups(levels: int, each: int) -> bytes:
    nested = (
        f'<xs:attributeGroup name="A{n}">{f"""<xs:attributeGroup ref="t:A{n + 1}"/>""" * each}</xs:attributeGroup>'
        for n in range(levels)
    )
    last = (
        f'<xs:attributeGroup name="A{levels}"><xs:attribute name="x" type="xs:string"/></xs:attributeGroup>'
    )
    return wsdl("".join(nested) + last, "", '<xs:attributeGroup ref="t:A0"/>')


def unions(levels: int, each: int) -> bytes:
    nested = (
        f'<xs:simpleType name="U{n}"><xs:union memberTypes="{f"t:U{n + 1} " * each}"/></xs:simpleType>'
        for n in range(levels)
    )
    last = f'<xs:simpleType name="U{levels}"><xs:restriction base="xs:string"/></xs:simpleType>'
    return wsdl("".join(nested) + last, '<xs:element name="a" type="t:U0"/>')


def substitutes(members: int, references: int) -> bytes:
    found = (f'<xs:element name="h{n}" type="xs:string" substitutionGroup="t:H"/>' for n in range(members))
    head = '<xs:element name="H" type="xs:string"/>'
    return wsdl(head + "".join(found), '<xs:element ref="t:H"/>' * references)


def extensions(levels: int) -> bytes:
    base = '<xs:complexType name="X0"><xs:sequence><xs:element name="v" type="t:X0"/></xs:sequence></xs:complexType>'
    nested = (
        f'<xs:complexType name="X{n}"><xs:complexContent><xs:extension base="t:X{n - 1}"><xs:sequence>'
        f'<xs:element name="f{n}" type="t:X0"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
        for n in range(1, levels)
    )
    return wsdl(base + "".join(nested), '<xs:element name="a" type="t:X0"/>')


def one_name(levels: int, each: int) -> bytes:
    """Types, each with several elements of one name: few arguments, and a great many ways to them."""
    nested = (
        f'<xs:complexType name="T{n}"><xs:sequence>{f"""<xs:element name="e" type="t:T{n + 1}"/>""" * each}'
        "</xs:sequence></xs:complexType>"
        for n in range(levels)
    )
    last = f'<xs:complexType name="T{levels}"><xs:sequence/></xs:complexType>'
    return wsdl("".join(nested) + last, '<xs:element name="a" type="t:T0"/>')


def operations(number: int, parts: int) -> bytes:
    """Operations that all take one message of many parts."""
    message = "".join(f'<part name="p{n}" type="xs:string"/>' for n in range(parts))
    abstract = "".join(f'<operation name="O{n}"><input message="t:i"/></operation>' for n in range(number))
    bound = "".join(
        f'<operation name="O{n}"><input><soap:body use="literal"/></input></operation>' for n in range(number)
    )
    return (
        f'{HEAD}<message name="i">{message}</message><portType name="pt">{abstract}</portType><binding name="b" type="t:pt">'
        f'<soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>{bound}</binding><service name="S">'
        '<port name="P" binding="t:b"><soap:address location="http://127.0.0.1:1/"/></port></service></definitions>'
    ).encode()


def included(times: int, elements: int) -> dict[str, bytes]:
    """Schemas that all include one and the same: each has it for itself."""
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"{}>{}</xs:schema>'
    common = "".join(f'<xs:element name="c{n}" type="xs:string"/>' for n in range(elements))
    imports = "".join(f'<xs:import namespace="urn:{n}" schemaLocation="{n}.xsd"/>' for n in range(times))
    texts = {"w.wsdl": wsdl(imports), "common.xsd": schema.format("", common).encode()}
    for n in range(times):
        include = '<xs:include schemaLocation="common.xsd"/>'
        texts[f"{n}.xsd"] = schema.format(f' targetNamespace="urn:{n}"', include).encode()
    return texts


def nameless(levels: int) -> dict[str, bytes]:
    """Schemas that import the next one twice without saying its namespace: zeep reads it twice."""
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:{}">{}</xs:schema>'
    twice = [f'<xs:import schemaLocation="{n}.xsd"/>' * 2 for n in range(levels)]
    texts = {f"{n}.xsd": schema.format(n, twice[n + 1]).encode() for n in range(levels - 1)}
    return texts | {"w.wsdl": wsdl(twice[0]), f"{levels - 1}.xsd": schema.format("last", "").encode()}


def shapes() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Deep and wide ones, by name."""
    for levels, each in ((24, 2), (10, 2), (5, 40), (250, 1), (2000, 1)):
        yield f"groups {levels} {each}", {"w.wsdl": groups(levels, each)}
        yield f"attribute groups {levels} {each}", {"w.wsdl": attribute_groups(levels, each)}
        yield f"unions {levels} {each}", {"w.wsdl": unions(levels, each)}
    for members, references in ((100, 100), (600, 600), (8000, 8000), (1, 3000), (3000, 1)):
        yield f"substitutes {members} {references}", {"w.wsdl": substitutes(members, references)}
    for levels in (100, 1000):
        yield f"extensions {levels}", {"w.wsdl": extensions(levels)}
    yield "one name", {"w.wsdl": one_name(12, 10)}
    yield "operations", {"w.wsdl": operations(2000, 2000)}
    yield "few operations", {"w.wsdl": operations(60, 300)}
    yield "included", included(60, 1000)
    yield "nameless", nameless(40)


def main() -> None:
    from plugins.soap import description, wsdl
    from plugins.soap.settings import SoapSettings

    def how(work) -> str:  # type: ignore[no-untyped-def]
        started = time.process_time()
        try:
            work()
            said = ""
        except ValueError as error:
            said = str(error)
        return f"{time.process_time() - started:.2f} {said}"

    wsdl.plan(SoapSettings(operation="Do"), "w.wsdl", {"w.wsdl": substitutes(1, 1)}.__getitem__)
    for name, texts in shapes():
        load = texts.__getitem__
        planned = how(lambda load=load: wsdl.plan(SoapSettings(operation="Do"), "w.wsdl", load))
        told = how(lambda load=load: description.describe("w.wsdl", load, None))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps([name, planned, told, peak]), flush=True)


if __name__ == "__main__":
    main()
