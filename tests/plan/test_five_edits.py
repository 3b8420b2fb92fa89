"""`plan` on a prepared store with five deliberate edits: exactly these are found, and nothing else."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.plan.histories import BEGAN, answered, history, post, write

RUNNING = {
    "secrets/token": "s3cret-token\n",
    "tables/codes.yaml": "Wrong number: WN\nDuplicate: DU\n",
    "sources/acme.yaml": """\
name: Acme
common: {auth: {bearer: {file: token}}}
return:
  transport: json
  url: https://api.acme.example/returns
  mapping:
    lead_id: "{{ lead.id }}"
    code: '{{ feedback.reason | lookup("codes") }}'
    note: "{{ note }}"
    nonce: "{{ random }}"
    sent_at: "{{ now }}"
    key: {file: token}
  criteria:
    max_age: {of: submission.timestamp, max: 30d}
    cap: {max: 9000, per: day}
    rules:
      - {field: lead.score, op: is greater than, value: 10}
  response: {outcome_search_path: status, outcome_search_term: ^(ok|queued)$, reason_path: message}
conversion:
  transport: formpost
  url: https://api.acme.example/conversions
  mapping: {lead: "{{ lead.id }}", amount: "{{ value.amount }}"}
""",
    "sources/bolt.yaml": """\
return:
  transport: xml
  url: https://bolt.example/{{ lead.id }}
  mapping: {feedback.lead@id: "{{ lead.id }}", feedback.state: "{{ lead.state }}"}
  criteria: {sample: 50%, once: lead.id}
""",
    "sources/calm.yaml": """\
return:
  transport: query
  url: https://calm.example/
  mapping: {id: "{{ lead.id }}"}
""",
}
EDITS = (
    (
        "sources/acme.yaml",
        '    nonce: "{{ random }}"\n',
        '    nonce: "{{ random }}"\n    state: "{{ lead.state }}"\n',
    ),
    ("sources/acme.yaml", '    note: "{{ note }}"\n', ""),
    ("sources/bolt.yaml", 'feedback.state: "{{ lead.state }}"', 'feedback.state: "{{ lead.state | lower }}"'),
    ("sources/acme.yaml", "is greater than, value: 10}", "is greater than, value: 14}"),
    ("sources/acme.yaml", "^(ok|queued)$", "^ok$"),
)


def events(count: int):
    """Returns for all three sources, and conversions; of every four one lacks what an edit is about."""
    for number in range(count):
        source = ("acme", "acme", "bolt", "calm", "acme")[number % 5]
        yield post(
            number,
            source=source,
            type="conversion" if number % 5 == 4 else "return",
            reason=("Wrong number", "Duplicate")[number % 2],
            submission={"timestamp": BEGAN.isoformat()},
            lead={"id": f"L-{number}", "score": number % 20, **({"state": "TX"} if number % 4 else {})},
            value={"amount": number},
            **({"note": "call back"} if number % 3 else {}),
        )


def reply(event):
    """Every seventh answer is the one that the two confs read otherwise."""
    number = int(event.id.removeprefix("E-"))
    return answered("queued", message="later") if number % 7 == 0 else answered()


def edited(folder: Path) -> Path:
    """A copy of the conf folder beside it, with the five edits."""
    files = dict(RUNNING)
    for name, before, after in EDITS:
        assert before in files[name]
        files[name] = files[name].replace(before, after)
    return write(folder / "next", files)


def expected(count: int) -> dict[tuple[str, str, str, str], int]:
    """What each edit does, and in how many events: endpoint, section, key or reason, kind."""
    returns = [n for n in range(count) if n % 5 in (0, 1)]
    sent = [n for n in returns if n % 20 > 10]
    code = "rules: lead.score is greater than 14"
    return {
        ("acme/return", "values", "mapping.state", "added"): sum(n % 4 > 0 for n in returns),
        ("acme/return", "values", "mapping.note", "removed"): sum(n % 3 > 0 for n in returns),
        ("acme/return", "criteria", code, "sent → vetoed"): sum(n % 20 <= 14 for n in sent),
        ("acme/return", "answers", "outcome", "changed"): sum(n % 7 == 0 for n in sent),
        ("bolt/return", "values", "mapping.feedback.state", "changed"): sum(
            n % 4 > 0 for n in range(count) if n % 5 == 2
        ),
    }


def told(plan: dict[str, Any]) -> dict[tuple[str, str, str, str], int]:
    """Everything that a plan says of events."""
    found = {}
    for one in plan["endpoints"]:
        for section in ("moved", "values", "requests", "answers"):
            found |= {(one["endpoint"], section, c["key"], c["kind"]): c["count"] for c in one[section]}
        for section in ("rendering", "criteria"):
            for turn in one[section]:
                what = f"{turn['before']} → {turn['after']}"
                found[one["endpoint"], section, turn["why"], what] = turn["count"]
    return found


def planned(conf: Path) -> tuple[int, dict[str, Any], float]:
    """Exit code, document and seconds of the command."""
    began = time.perf_counter()
    result = CliRunner().invoke(main, ["plan", "--conf", str(conf), "--json"])
    return result.exit_code, json.loads(result.stdout), time.perf_counter() - began


@pytest.mark.timeout(240)
async def test_exactly_the_five_edits_are_found(tmp_path, long):
    """Each edit is told once as it is written and once by what it does, with the number of events; nothing else is."""
    count = 10_000 if long else 1_000
    await history(write(tmp_path / "conf", RUNNING), events(count), reply)
    code, plan, seconds = await asyncio.to_thread(planned, edited(tmp_path))
    assert (code, plan["events"], plan["shared"], plan["untouched"]) == (2, count, [], 2)
    assert told(plan) == expected(count)
    written = [
        (one["endpoint"], edit["key"], edit["kind"]) for one in plan["endpoints"] for edit in one["conf"]
    ]
    assert written == [
        ("acme/return", "mapping.note", "removed"),
        ("acme/return", "mapping.state", "added"),
        ("acme/return", "criteria.rules.0.value", "changed"),
        ("acme/return", "response.outcome_search_term", "changed"),
        ("bolt/return", "mapping.feedback.state", "changed"),
    ]
    (changed,) = plan["endpoints"][1]["values"]
    assert (changed["example"]["before"], changed["example"]["after"]) == ("TX", "tx")
    print(f"{count:,} events planned in {seconds:.1f} s")
    assert seconds < 30


async def test_its_own_folder_is_no_change(tmp_path):
    """The running conf against itself is no change, whether by the same bytes or by others that say the same."""
    await history(write(tmp_path / "conf", RUNNING), events(100), reply)
    commented = {name: f"# edited\n{text}" for name, text in RUNNING.items() if name.startswith("sources/")}
    for folder in (tmp_path / "conf", write(tmp_path / "next", RUNNING | commented)):
        code, plan, _ = await asyncio.to_thread(planned, folder)
        assert (code, plan["changes"], plan["endpoints"], plan["events"]) == (0, False, [], 100)
