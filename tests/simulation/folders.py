"""The conf of the simulated world, twice: as it stands, and as an operator's edits leave it for a while."""

from pathlib import Path

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.daemon import registry

CONCURRENCY = {
    "acme": 2,
    "acme@auto": 1,
    "bolt": 3,
    "capped": 8,
    "aged": 4,
    "ruled": 8,
    "careful": 3,
    "paced": 8,
    "frail": 4,
}
TRIES = 3
RATE = "100/h"
CAP = 5
AGE_HOURS = 2
WITHIN = {"aged": 86400.0}  # seconds; of the others an hour
LONGEST_PAUSE = 300.0
CONNECTIONS = (400, 14, 6)  # plenty, some more than there are endpoints, and fewer

_READ = """
  response:
    outcome_search_path: status
    outcome_search_term: ^ok$
    reason_path: why
"""
_MAP = """
  mapping:
    id: "{{ event.id }}"
"""


def _endpoint(kind: str, path: str, more: str = "", transport: str = "json") -> str:
    return (
        f"{kind}:\n  transport: {transport}\n  url: https://partner.example/{path}{_MAP}"
        f"  timeout: 5s\n  retry: {{first: 10s, max: 5m, within: 1h}}{_READ}{more}"
    )


_SOURCES = {
    "acme": _endpoint("return", "acme/return", "  concurrency: 2\n")
    + _endpoint("conversion", "acme/conversion", "  concurrency: 2\n"),
    "acme@auto": _endpoint("return", "acme@auto/return", "  concurrency: 1\n"),
    "bolt": _endpoint("conversion", "bolt/conversion", "  concurrency: 3\n").replace(
        "within: 1h", f"within: 1h, attempts: {TRIES}"
    ),
    "capped": _endpoint("return", "capped/return", f"  criteria:\n    cap: {{max: {CAP}, per: day}}\n"),
    "aged": _endpoint(
        "return", "aged/return", f"  concurrency: 4\n  criteria:\n    max_age: {AGE_HOURS}h\n"
    ).replace("within: 1h", "within: 1d"),
    "ruled": _endpoint(
        "return", "ruled/return",
        "  criteria:\n    rules:\n      - {field: feedback.reason, op: is not equal to, value: bad}\n",
    ),
    "careful": _endpoint("return", "careful/return", "  concurrency: 3\n  on_unknown: park\n"),
    "paced": _endpoint("return", "paced/return", f"  rate: {RATE}\n"),
    "frail": _endpoint(
        "return", "frail/return",
        "  concurrency: 4\n  breaker: {failures: 50%, window: 10m, least: 3, pause: 2m}\n"
        "  criteria:\n    rules:\n      - {field: feedback.reason, op: is not equal to, value: bad}\n",
    ),
    "off": _endpoint("return", "off/return", "  enabled: false\n"),
}  # fmt: skip


def confs(folder: Path) -> tuple[Conf, ...]:
    """The conf as it is, one whose flow file is gone and whose mapping is another, and one without a source."""
    edited = {
        key: text.replace('"{{ event.id }}"', '"{{ event.id }}"\n    more: "1"')
        for key, text in _SOURCES.items()
        if key != "acme@auto"
    }
    without = {key: text for key, text in _SOURCES.items() if key != "bolt"}
    return tuple(
        _loaded(folder / str(number), sources) for number, sources in enumerate((_SOURCES, edited, without))
    )


def _loaded(folder: Path, sources: dict[str, str]) -> Conf:
    (folder / "sources").mkdir(parents=True)
    (folder / "gateway.yaml").write_text("listen: [127.0.0.1:8620]\n")
    for key, text in sources.items():
        (folder / "sources" / f"{key}.yaml").write_text(text)
    return load(Files.read(folder), registry())
