"""Laws of a plan: a conf changes nothing against itself, whatever was posted."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.daemon import registry
from gateway.delivery.reading import Reader
from gateway.errors import EventError
from gateway.events import parse_event
from gateway.jsontext import dumps
from gateway.model import Values
from gateway.plan import differences
from gateway.plan.comparison import Comparison
from gateway.plan.report import EndpointPlan
from gateway.plan.stage import Stage
from gateway.store import Recorded
from gateway.store.sqlite import SqliteStore
from tests.plan.histories import BEGAN

SOURCE = b"""\
return:
  transport: TRANSPORT
  url: https://acme.example/{{ lead.id }}
  headers: {X-Chance: "{{ random }}"}
  mapping:
    id: "{{ lead.id }}"
    lead: "{{ lead }}"
    sum: "{{ price + 1 }}"
    score: "{{ score | required }}"
    at: "{{ now }}"
    notes.0: "{{ note }}"
  criteria:
    max_age: 3d
    sample: 50%
    once: lead.id
    rules: [{field: "{{ note }}", op: is not equal to, value: "{{ lead.note }}"}]
  response: {outcome_search_path: status, outcome_search_term: ok, reason_path: why, price_path: price}
"""
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, places=2).map(str) | st.text()
)
ANY = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def confs(transport: str) -> Conf:
    source = SOURCE.replace(b"TRANSPORT", transport.encode())
    files = {"gateway.yaml": b"", "sources/acme.yaml": source}
    return load(Files(Path("/nowhere"), files), registry())


CONFS = [(confs(name), confs(name)) for name in ("json", "formpost", "query")]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(
    posted=st.fixed_dictionaries(
        {}, optional={"lead": ANY, "price": ANY, "score": ANY, "note": ANY, "submission": ANY}
    ),
    answer=ANY,
    which=st.sampled_from(range(len(CONFS))),
)
async def test_a_conf_changes_nothing_against_itself(posted, answer, which):
    """Compiled twice, a conf makes the same of any event and of any answer."""
    text = json.dumps({"id": "E-1", "type": "return", "source": "acme", **posted})
    try:
        event = parse_event(text, BEGAN)
    except EventError:  # what no daemon takes is never stored
        return
    last = {"transport": CONFS[which][0].route("acme/return").transport.name} | {
        "response": {"status": 200, "headers": {}, "body": json.dumps(answer), "truncated": False}
    }
    recorded = Recorded(1, event, "acme/return", "delivered", "success", None, last)
    store = await SqliteStore.in_memory()
    try:
        comparison = Comparison(store, Reader())
        await comparison.add(recorded, *(Stage.of(conf, event) for conf in CONFS[which]))
    finally:
        await store.close()
    assert comparison.told("acme/return", "changed", (), ()) == EndpointPlan("acme/return", "changed", 1)


@given(before=ANY, after=ANY)
def test_values_are_the_same_exactly_where_they_are_written_alike(before, after):
    """Two trees differ where their JSON texts do: 1 is not true, and no order is lost."""
    old, new = Values("u", tree={"a": before}), Values("u", tree={"a": after})
    assert bool(differences.of_values(old, new)) is (dumps(before) != dumps(after))
    assert differences.of_values(old, old) == []
