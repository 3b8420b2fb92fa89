"""Golden answer cases: read from YAML, read as an endpoint reads its answers, told so that they can be compared."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway import answers
from gateway.conf.document import parse
from gateway.model import Endpoint, Outcome, Response

FOLDER = Path(__file__).with_name("answers")
TYPES = {
    "json": "application/json",
    "xml": "text/xml",
    "soap": "text/xml",
    "html": "text/html",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain",
    "status": "application/json",
}
WHERE_IT_IS_THE_POINT = ("rule", "found")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case; what its keys mean stands in answers/README.md."""

    form: str
    feature: str
    fact: str
    response: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = 200
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    body_base64: str = ""
    cut: bool = False
    outcome: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.form}/{self.feature}: {self.fact}"

    def answer(self) -> Response:
        """The answer as the session brings it."""
        pairs = [
            (name, str(value))
            for name, values in {"Content-Type": TYPES[self.form], **self.headers}.items()
            for value in (values if isinstance(values, list) else [values])
            if value is not None
        ]
        body = base64.b64decode(self.body_base64) if self.body_base64 else self.body.encode()
        return Response(self.status, tuple(pairs), body, self.cut)

    def endpoint(self) -> Endpoint:
        """The endpoint that it was sent to."""
        settings = answers.ResponseSettings(**self.response)
        rules = answers.Rules.compile(settings, "envelope" if self.form == "soap" else None)
        return Endpoint(
            id="acme/return",
            source="acme",
            source_name="Acme",
            flow=None,
            type="return",
            transport="soap" if self.form == "soap" else "json",
            url="https://api.acme.example/returns",
            settings=None,
            response=rules,
        )

    def found(self) -> dict[str, Any]:
        """What it means, in the words of the cases."""
        return {
            key: value
            for key, value in told(answers.read(self.answer(), self.endpoint())).items()
            if key not in WHERE_IT_IS_THE_POINT or key in self.outcome
        }


def told(outcome: Outcome) -> dict[str, Any]:
    """An outcome in the words of the cases: what is empty is left away."""
    plain = {
        "kind": outcome.kind,
        "reason": outcome.reason,
        "price": None if outcome.price is None else str(outcome.price),
        "reference": outcome.reference,
        "capture": dict(outcome.capture),
        "cookie": outcome.cookie,
        "permanent": outcome.permanent,
        "retry_after": _after(outcome.retry_after),
        "rule": outcome.rule,
        "found": [[one.key, one.place, one.text] for one in outcome.found],
        "notes": list(outcome.notes),
    }
    return {key: value for key, value in plain.items() if value not in (None, {}, [], False)}


def cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Every case below a folder. Raises ValueError for a file that is none."""
    known = {one.name for one in fields(Case)} - {"form", "feature", "fact"}
    for path in sorted(folder.glob("*/*.yaml")):
        document = parse(path.read_bytes(), str(path))
        if document.problems or not isinstance(document.data, dict):
            raise ValueError("\n".join(map(str, document.problems)) or f"{path}: no cases")
        for fact, keys in document.data.items():
            if unknown := keys.keys() - known:
                raise ValueError(f"{path}: {fact}: unknown {sorted(unknown)}")
            yield Case(form=path.parent.name, feature=path.stem, fact=fact, **keys)


def _after(moment: float | datetime | None) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else None if moment is None else f"{moment:g}"
