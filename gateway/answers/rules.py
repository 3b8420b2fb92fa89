"""The `response:` block of the conf: its keys, and the same compiled for reading answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema, field_validator

from gateway.answers.media import media
from gateway.answers.places import Place, as_dotted
from gateway.answers.statuses import Kind, Ruling, Statuses, answered
from gateway.patterns import Pattern
from gateway.settings import Settings

_NUMBER = r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d)?"
_GROUPED = r"\d{1,3}(?:,\d{3}){1,5}\.\d{1,18}"
_MONEY = re.compile(rf"[$€£]?[ ]?({_NUMBER}|{_GROUPED})", re.ASCII)
SMALL = 2048  # bytes
# What a small answer may take of the loop, in the steps of an XPath.
_BRIEF = 2_000_000
_ANCHORS = ("^", "$", r"\b", r"\A", r"\z")
_WORD = re.compile(r"[\w ]+")
_IN_PARENTHESES = re.compile(r"\((?:\?:)?([^()]*)\)")


def amount(text: str) -> Decimal | None:
    """An amount of money: a plain decimal, or `$1,000.50`; None where it is neither, as `12,50` is."""
    found = _MONEY.fullmatch(text.strip())
    return Decimal(format(Decimal(found[1].replace(",", "")), "f")) if found else None


def _as_text(value: Any) -> Any:
    """YAML types `true` and `200`; in a pattern or a path they are meant as they are written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, Decimal)) else value


def _place(value: Any, patterns: bool) -> Place:
    text = _as_text(value)
    if not isinstance(text, str) or not text.strip():
        raise ValueError("this is no path (write such as errors.*.message or //message/text())")
    return Place.compile(text.strip(), patterns=patterns)


def _one_group(pattern: Pattern) -> Pattern:
    if pattern.groups != 1:
        raise ValueError(
            f"{pattern.text!r} has {pattern.groups} groups (put one pair of parentheses round what to keep)"
        )
    return pattern


def _money(value: Any) -> Decimal:
    found = amount(str(_as_text(value)))
    if found is None:
        raise ValueError(f"{value!s} is no amount (write a plain number such as 12.50)")
    return found


def _content_type(value: Any) -> Any:
    known = (
        not isinstance(value, str) or media(value)[0] != "text" or value.strip().lower().startswith("text/")
    )
    if not known:
        raise ValueError(
            f"{value!r} is no type that answers are read as (write application/json, application/xml,"
            " application/x-www-form-urlencoded, text/html or text/plain)"
        )
    return value


_TEXT = WithJsonSchema({"type": "string"})
_WRITTEN = PlainSerializer(lambda place: place.text, return_type=str)
Term: TypeAlias = Annotated[Pattern, BeforeValidator(_as_text)]
Path: TypeAlias = Annotated[
    Place, BeforeValidator(lambda value: _place(value, patterns=False)), _WRITTEN, _TEXT
]
# In text, a pattern with one group says where something stands.
Find: TypeAlias = Annotated[
    Place, BeforeValidator(lambda value: _place(value, patterns=True)), _WRITTEN, _TEXT
]


class ResponseSettings(Settings):
    """How an answer becomes an outcome: the keys of `response:`."""

    outcome_search_term: Term | None = None
    """Text or pattern that decides; case is ignored."""
    outcome_search_path: Path | None = None
    """Where to look for it: a dot path (JSON, SOAP, form), an XPath (XML) or a CSS selector (HTML); else the body."""
    outcome_on_match: Kind = "success"
    """What the found term means. Not found, success and failure swap; for error, not found is success."""
    reason_path: Find | None = None
    """Where the reason stands: a dot path, an XPath, a CSS selector, or for text a pattern with one group."""
    default_reason: str | None = None
    """The reason where the answer gives none."""
    price_path: Find | None = None
    """Where the credited amount stands."""
    fallback_price: Annotated[Decimal, BeforeValidator(_money)] | None = None
    """The credited amount where the answer gives none."""
    reference_path: Find | None = None
    """Where the source's own id for this feedback stands."""
    capture: Mapping[str, Term] = {}
    """What else to keep: a name, and a pattern with one group, looked for in the body as it came."""
    cookie_search_term: Term | None = None
    """The Set-Cookie line to keep."""
    response_content_type_override: Annotated[str, BeforeValidator(_content_type)] | None = None
    """Read the answer as this type, whatever it says it is."""
    success_status: Statuses = frozenset()
    """Statuses that are a success, such as `200-299, 409`."""
    failure_status: Statuses = frozenset()
    """Statuses by which the source says no."""
    retry_status: Statuses = frozenset()
    """Statuses after which to try again."""
    fault_is: Literal["error", "failure"] = "error"
    """What a SOAP fault means; with a status of a server that did not look at the lead it is an error all the same."""

    @field_validator("outcome_search_path", "outcome_on_match")
    @classmethod
    def _of_a_term(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("outcome_search_term", True) is None:
            raise ValueError("this says nothing without a term (add outcome_search_term)")
        return value

    @field_validator("capture")
    @classmethod
    def _kept_groups(cls, value: Mapping[str, Pattern]) -> Mapping[str, Pattern]:
        for pattern in value.values():
            _one_group(pattern)
        return value

    @field_validator("failure_status", "retry_status")
    @classmethod
    def _listed_once(cls, value: frozenset[int], info: ValidationInfo) -> frozenset[int]:
        for key in ("success_status", "failure_status"):
            if both := value & info.data.get(key, frozenset()):
                raise ValueError(f"{min(both)} stands in {key} too (a status can mean one thing only)")
        return value


@dataclass(frozen=True, slots=True)
class Rules:
    """Response settings compiled; `Rules()` is what holds where the conf says nothing.

    content_type: instead of the answer's own; listed: conf key, what it makes of a status, and its statuses;
    asks_body: whether anything is looked for in the body; expects: what alone makes sense where nothing else is
    named; at_once: the largest answer, in bytes, that takes no time worth mentioning.
    """

    term: Pattern | None = None
    path: Place | None = None
    on_match: Kind = "success"
    reason: Place | None = None
    default_reason: str | None = None
    price: Place | None = None
    fallback_price: Decimal | None = None
    reference: Place | None = None
    capture: tuple[tuple[str, Pattern], ...] = ()
    cookie: Pattern | None = None
    content_type: str | None = None
    listed: tuple[tuple[str, Kind, frozenset[int]], ...] = ()
    fault_is: Literal["error", "failure"] = "error"
    asks_body: bool = False
    expects: Literal["envelope"] | None = None
    at_once: int = SMALL

    @classmethod
    def compile(cls, settings: ResponseSettings, expects: Literal["envelope"] | None = None) -> "Rules":
        """Everything that can be wrong was refused when the settings were made. expects: by the transport."""
        asked = (
            settings.outcome_search_term,
            settings.reason_path,
            settings.price_path,
            settings.reference_path,
            settings.capture,
        )
        listed: tuple[tuple[str, Kind, frozenset[int]], ...] = (
            ("success_status", "success", settings.success_status),
            ("failure_status", "failure", settings.failure_status),
            ("retry_status", "error", settings.retry_status),
        )
        form, _ = media(settings.response_content_type_override or "text/xml")
        return cls(
            term=settings.outcome_search_term,
            path=settings.outcome_search_path,
            on_match=settings.outcome_on_match,
            reason=settings.reason_path,
            default_reason=settings.default_reason,
            price=settings.price_path,
            fallback_price=settings.fallback_price,
            reference=settings.reference_path,
            capture=tuple(settings.capture.items()),
            cookie=settings.cookie_search_term,
            content_type=settings.response_content_type_override,
            listed=tuple(entry for entry in listed if entry[2]),
            fault_is=settings.fault_is,
            asks_body=any(asked),
            at_once=_at_once(settings),
            expects=expects if form == "xml" else None,
        )

    def by_list(self, status: int | None) -> Ruling | None:
        """What the conf's lists say of a status."""
        for key, kind, statuses in self.listed:
            if status is not None and status in statuses:
                return Ruling(kind, f"{key} lists {status}", None if kind == "success" else answered(status))
        return None


def _at_once(settings: ResponseSettings) -> int:
    """The largest answer, in bytes, in which every place is looked up without holding anybody up."""
    places = (
        settings.outcome_search_path,
        settings.reason_path,
        settings.price_path,
        settings.reference_path,
    )
    works = [xpath.work for place in places if place for xpath in (place.xpath, place.css) if xpath]
    return next((size for size in (SMALL, 512, 128) if all(work.steps(size) <= _BRIEF for work in works)), 0)


def warnings(settings: ResponseSettings) -> list[tuple[tuple[str, ...], str]]:
    """What is allowed but hardly meant: the key's path, and a sentence."""
    found = [*_loose_term(settings.outcome_search_term), *_never_in_json(settings)]
    return [((key,), sentence) for key, sentence in found]


def _loose_term(term: Pattern | None) -> Iterator[tuple[str, str]]:
    """Of a term that is words, and no more of a pattern than a choice of them."""
    if term is None or any(anchor in term.text for anchor in _ANCHORS):
        return
    slashed = re.fullmatch(r"/(.*)/[a-z]*", term.text, re.DOTALL)
    inner = slashed[1] if slashed else term.text
    grouped = _IN_PARENTHESES.fullmatch(inner)
    words = [word for word in (grouped[1] if grouped else inner).split("|") if _WORD.fullmatch(word)]
    shortest = min(words, key=len, default="")
    if 0 < len(shortest) <= 3:
        right = rf"write ^{shortest}$ for the whole text, or \b{shortest}\b for a word"
        yield (
            "outcome_search_term",
            f"{term.text!r} is also found inside other words, as ok is in token ({right})",
        )


def _never_in_json(settings: ResponseSettings) -> Iterator[tuple[str, str]]:
    """Of a JSON Pointer, which is an XPath too, where the conf says that JSON comes."""
    if media(settings.response_content_type_override or "")[0] != "json":
        return
    for key in ("outcome_search_path", "reason_path", "price_path", "reference_path"):
        place: Place | None = getattr(settings, key)
        if place is not None and place.dotted is None and (right := as_dotted(place.text)):
            yield key, f"{place.text!r} finds nothing in JSON (write {right})"
