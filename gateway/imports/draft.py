"""A recognised request as a draft of an endpoint: known values become templates, credentials references."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from gateway import guess
from gateway.imports.credentials import is_credential
from gateway.imports.heads import Head, head
from gateway.imports.meaning import Meanings, literal
from gateway.imports.protocols import Found
from gateway.imports.references import LONG, References
from gateway.imports.rows import Parameter, Row
from gateway.jsontext import dumps
from gateway.model import Json, Secret, Type

FILL_IN = "FILL-IN"
_CONVERSION = re.compile(r"conver|sale|sold|revenue|won", re.IGNORECASE)
_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
_OWN = "the sample's: keep it, or map another value"
_SHOWN = 60  # characters of a sample


@dataclass(frozen=True, slots=True)
class Named:
    """How the endpoint is to be called: its type and its source, guessed where they are not given."""

    type: Type | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the draft. about: what the person who completes it should know; empty where all is well."""

    key: str
    value: Json | Secret
    about: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An endpoint to be edited.

    keys: its own ones, in order; auth, tls: the keys of these; mappings: by conf key, `headers` among them; secrets:
    names of files, each with what belongs into it; notes: what became of the rest of the sample.
    """

    type: Type
    keys: tuple[Entry, ...]
    auth: Mapping[str, Any]
    tls: Mapping[str, Any]
    mappings: Mapping[str, tuple[Entry, ...]]
    secrets: Mapping[str, str]
    notes: tuple[str, ...]


def draft(found: Found, named: Named) -> Draft:
    """The draft of an endpoint that sends what was found."""
    return _Drafting(found, named, References(named.source or _label(found.url))).draft()


@dataclass(slots=True)
class _Drafting:
    found: Found
    named: Named
    references: References
    meanings: Meanings = field(default_factory=Meanings)
    has_blank: bool = False

    def draft(self) -> Draft:
        top = head(self.found, self.references)
        written = {"headers": list(top.rows), **self.found.rows}
        self._refer(written)
        url = self._url()
        mappings = {key: tuple(map(self._entry, rows)) for key, rows in written.items()}
        path = urlsplit(self.found.url).path
        notes = (*self.found.command.notes, *top.notes, *self.found.notes)
        return Draft(
            type=self.named.type or ("conversion" if _CONVERSION.search(path) else "return"),
            keys=tuple(self._keys(url, top)),
            auth=top.auth,
            tls=top.tls,
            mappings={key: entries for key, entries in mappings.items() if entries or key == "mapping"},
            secrets=self.references.files,
            notes=tuple(self.references.without(note, FILL_IN) for note in notes),
        )

    def _refer(self, written: Mapping[str, list[Row]]) -> None:
        """Find the credentials first: wherever else one stands, it must not be written either."""
        for key, rows in written.items():
            what = "the header" if key == "headers" else "the value of"
            for row in rows:
                if is_credential(row.key, row.sample):
                    self.references.refer(row.key, _text(row.sample), f"{what} {row.key}")
        for one in self.found.query:
            if is_credential(one.name, one.value):
                self.references.hide(str(one.value))

    def _entry(self, row: Row) -> Entry:
        text = _text(row.sample)
        # A number or a null that only happens to read like a short credential elsewhere gives nothing away.
        meant = isinstance(row.sample, str) or len(text) >= LONG or is_credential(row.key, row.sample)
        if meant and self.references.holds(text):
            kept = self.references.refer(row.key, text, f"the value of {row.key}")
            about = "" if isinstance(row.sample, str) else "sent as text; the sample has no text here"
            return Entry(row.key, kept, about)
        template = self.meanings.template(row.key, row.sample)
        if template is not None:
            self.has_blank |= row.sample == ""
            return Entry(row.key, template, f"sample: {_shown(row.sample)}")
        if "@xmlns" in row.key or row.key == "Content-Type":
            return Entry(row.key, row.sample)
        return Entry(row.key, literal(text) if isinstance(row.sample, str) else row.sample, _OWN)

    def _keys(self, url: Entry, top: Head) -> Iterator[Entry]:
        command = self.found.command
        yield Entry("transport", self.found.transport)
        yield url
        yield from (Entry(key, value) for key, value in self.found.keys.items())
        if command.follow_redirects:
            yield Entry("follow_redirects", True)
        if command.timeout is not None:
            yield from _timeout(command.timeout)
        if top.idempotency_header is not None:
            yield Entry("idempotency_header", top.idempotency_header)
        if self.has_blank:
            yield Entry("blank", "empty", "the sample sends blank values; without this key they are left out")

    def _url(self) -> Entry:
        """The address, with those parameters that stay in it."""
        parts = [self._parameter(one) for one in self.found.query]
        joint = "&" if "?" in self.found.url else "?"
        address = _VARIABLE.sub(_meant, self.found.url)
        whole = self.references.without(address + (joint + "&".join(parts) if parts else ""), FILL_IN)
        hidden = "an address cannot refer to a secret: ask the source for a header or a parameter"
        samples = [one.text for one, part in zip(self.found.query, parts, strict=True) if part != one.text]
        about = hidden if FILL_IN in whole else f"sample: {'&'.join(samples)}" if samples else ""
        return Entry("url", whole, about)

    def _parameter(self, one: Parameter) -> str:
        raw = one.text.partition("=")[0]
        if one.value is None:
            return one.text
        if self.references.holds(one.value):
            return f"{raw}={FILL_IN}"
        template = self.meanings.template(one.name, one.value) if one.value else None
        return f"{raw}={template}" if template else _VARIABLE.sub(_meant, one.text)


def _timeout(seconds: str) -> Iterator[Entry]:
    try:
        whole = ceil(float(seconds))
    except (ValueError, OverflowError):
        return
    if 0 < whole <= 600:
        yield Entry("timeout", f"{whole}s")


def _label(url: str) -> str:
    """What a source may be called by its address: acme of https://api.acme.example/."""
    labels = (urlsplit(url).hostname or "").split(".")
    return labels[-2] if len(labels) > 1 and not labels[-1].isdigit() else "source"


def _meant(variable: re.Match[str]) -> str:
    """The template for a variable in an address, as Postman writes those. Raises ValueError for an unknown one."""
    found = guess.template(variable[1])
    if found is None:
        raise ValueError(f"the address holds {variable[0]}, which is to be filled in (write a value there)")
    return found


def _text(sample: Json) -> str:
    return sample if isinstance(sample, str) else dumps(sample)


def _shown(sample: Json) -> str:
    text = dumps(sample)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
