"""What is measured: a source for each transport, each with six mapped values, one rule set, and answers that are read."""

from dataclasses import dataclass
from pathlib import Path

GATEWAY = """\
listen: [127.0.0.1:{port}]
data: ../data
network: {{allow: ["127.0.0.1/32:{sink}"]}}
log: {{format: json, level: info}}
"""
_SOURCE = """\
name: Acme Leads
return:
  transport: {transport}
  url: {url}
{keys}\
  concurrency: 64
  mapping:
{mapping}\
  criteria:
    rules:
      all:
        - {{field: feedback.reason, op: is included in, value: [Wrong number, Disconnected, Duplicate]}}
        - any:
            - {{field: lead.state, op: is equal to, value: TX}}
            - {{field: lead.state, op: is blank}}
  response:
{response}\
"""
_VALUES = (
    "{{ lead.id }}", "{{ feedback.reason }}", "{{ feedback.timestamp }}", "{{ lead.email }}", "{{ lead.phone_1 }}",
    "{{ price }}",
)  # fmt: skip
_FLAT = ("lead_id", "reason", "at", "email", "phone", "price")
WSDL = """\
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
             xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:a="urn:acme" targetNamespace="urn:acme">
  <types>
    <xs:schema targetNamespace="urn:acme" elementFormDefault="qualified">
      <xs:element name="SubmitReturn"><xs:complexType><xs:sequence>
        <xs:element name="LeadId" type="xs:string"/>
        <xs:element name="Reason" type="xs:string"/>
        <xs:element name="At" type="xs:dateTime"/>
        <xs:element name="Email" type="xs:string"/>
        <xs:element name="Phone" type="xs:string"/>
        <xs:element name="Price" type="xs:decimal"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="SubmitReturnResponse"><xs:complexType><xs:sequence>
        <xs:element name="Status" type="xs:string"/>
      </xs:sequence></xs:complexType></xs:element>
    </xs:schema>
  </types>
  <message name="Ask"><part name="parameters" element="a:SubmitReturn"/></message>
  <message name="Answer"><part name="parameters" element="a:SubmitReturnResponse"/></message>
  <portType name="Port"><operation name="SubmitReturn"><input message="a:Ask"/><output message="a:Answer"/></operation></portType>
  <binding name="Soap" type="a:Port">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="SubmitReturn">
      <soap:operation soapAction="urn:acme/SubmitReturn"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Acme"><port name="Soap" binding="a:Soap"><soap:address location="{url}"/></port></service>
</definitions>
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One transport. bar: how many times the relay's CPU an event may cost; names: the keys of the mapping."""

    transport: str
    bar: float
    names: tuple[str, ...]
    path: str | None
    term: str
    keys: str = ""

    def source(self, sink: str) -> str:
        """The conf file of its source; sink: the address that everything is sent to."""
        url = "wsdl/acme.wsdl" if self.transport == "soap" else f"{sink}/{self.transport}"
        mapping = zip(self.names, _VALUES, strict=True)
        response = {"outcome_search_path": self.path, "outcome_search_term": self.term}
        return _SOURCE.format(
            transport=self.transport,
            url=url,
            keys=self.keys,
            mapping="".join(f'    {name}: "{value}"\n' for name, value in mapping),
            response="".join(f'    {key}: "{rule}"\n' for key, rule in response.items() if rule),
        )


ROWS = {
    row.transport: row
    for row in (
        Row("json", 2.0, ("lead_id", "return.reason", "return.at", "email", "phone", "price"), "status", "^(ok|accepted)$"),
        Row("formpost", 2.0, _FLAT, "status", "^(ok|accepted)$"),
        Row("query", 2.0, _FLAT, None, "^OK"),
        Row("xml", 2.2, tuple(f"feedback.{name}" for name in _FLAT), "//status", "^(ok|accepted)$"),
        Row("soap", 2.8, ("LeadId", "Reason", "At", "Email", "Phone", "Price"), "Status", "^(ok|accepted)$", "  operation: SubmitReturn\n"),
    )
}  # fmt: skip


def write_conf(folder: Path, port: int, sink: int) -> Path:
    """A conf folder with a source for every row, named as its transport."""
    conf, address = folder / "conf", f"http://127.0.0.1:{sink}"
    for name in ("sources", "wsdl"):
        (conf / name).mkdir(parents=True)
    (conf / "gateway.yaml").write_text(GATEWAY.format(port=port, sink=sink))
    (conf / "wsdl" / "acme.wsdl").write_text(WSDL.format(url=f"{address}/soap"))
    for row in ROWS.values():
        (conf / "sources" / f"{row.transport}.yaml").write_text(row.source(address))
    return conf
