"""A conf folder of many sources, no two alike: addresses, texts and numbers differ, transports come in turn."""

from pathlib import Path

from bench.rows import GATEWAY, ROWS, WSDL

_CONVERSION = """\
conversion:
  transport: json
  url: {sink}/json/{name}/conversions
  mapping:
    lead: "{{{{ lead.id }}}}"
    name: "{{{{ lead.first_name }}}} {{{{ lead.last_name }}}} of {name}"
    amount: "{{{{ value.amount }}}}"
"""
# A key that the other sources' mappings do not have, with a template of its own.
_OWN = {"json": "from", "formpost": "from", "query": "from", "xml": "feedback.from"}


def write_many(folder: Path, port: int, sink: int, count: int, *, conversions: bool = False) -> Path:
    """Write so many sources, `s0` and on. conversions: each has a second endpoint, for those."""
    conf, address = folder / "conf", f"http://127.0.0.1:{sink}"
    for name in ("sources", "wsdl"):
        (conf / name).mkdir(parents=True)
    (conf / "gateway.yaml").write_text(GATEWAY.format(port=port, sink=sink))
    (conf / "wsdl" / "acme.wsdl").write_text(WSDL.format(url=f"{address}/soap"))
    rows = list(ROWS.values())
    for number in range(count):
        text = source(rows[number % len(rows)].transport, number, address)
        further = _CONVERSION.format(sink=address, name=f"s{number}") if conversions else ""
        (conf / "sources" / f"s{number}.yaml").write_text(text + further)
    return conf


def source(transport: str, number: int, sink: str, edit: int = 0) -> str:
    """The file of one source. edit: which of its versions."""
    text = ROWS[transport].source(sink).replace("Acme Leads", f"Seller number {number}")
    text = text.replace(f"/{transport}\n", f"/{transport}/{number}\n")
    if transport in _OWN:
        own = f'    {_OWN[transport]}: "{{{{ recipient.name }}}} to seller {number}, {{{{ lead.state | lower }}}}"\n'
        text = text.replace("  criteria:\n", f"{own}  criteria:\n")
    return f"{text}# edited {edit} times\n"
