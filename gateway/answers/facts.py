"""What an answer holds beside its meaning: reason, price, reference, captures and cookie, all cleaned."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from gateway.answers.bodies import Body, NoBody, TextBody, UntypedBody
from gateway.answers.envelopes import Envelope, is_envelope
from gateway.answers.markup import HtmlBody, parse_xml
from gateway.answers.media import Form, decode, media
from gateway.answers.places import Place
from gateway.answers.rules import Rules, amount
from gateway.answers.statuses import Ruling, retry_after
from gateway.answers.trees import parse_form, parse_json
from gateway.answers.xpaths import MOST_MATCHES, Unreadable
from gateway.model import Found, Outcome, Response

MOST_REASON = 1000
MOST_REFERENCE = 200
MOST_COOKIE = 4096
MOST_FOUND = 200
_LOOSEST = 8  # characters, that become one of a cleaned text
# Control characters, blanks, lone surrogates, and what turns the direction of writing on a screen.
_UNCLEAN = re.compile("[\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")

_ENVELOPE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:[\w.-]{1,100}:)?Envelope[\s>]")


@dataclass(slots=True)
class Answer:
    """One response, opened.

    broken: why its body is not what it says it is; notes: what a person should know; found: what was found where.
    """

    response: Response
    form: Form
    body: Body
    broken: str | None
    notes: list[str]
    found: list[Found] = field(default_factory=list)

    @classmethod
    def of(cls, response: Response, rules: Rules) -> "Answer":
        """Decode and parse the body, if anything is asked of it; XML always, since it may be a SOAP fault."""
        form, charset = media(response.header("content-type") or "")
        if rules.content_type is not None:
            form, named = media(rules.content_type)
            charset = named or charset
        elif rules.expects == "envelope" and _ENVELOPE.match(response.body):
            form = "xml"  # an envelope, whatever it is called
        notes = [f"the answer was cut after {len(response.body):,} bytes"] if response.truncated else []
        if not rules.asks_body and rules.expects is None and form != "xml":
            return cls(response, form, NoBody(), None, notes)
        text, note = decode(response.body, charset, form)
        if note:
            notes.append(note)
        try:
            return cls(response, form, _parsed(text, form, response, rules), None, notes)
        except Unreadable as error:
            return cls(response, form, TextBody(text), clean(str(error), MOST_REASON), notes)

    def look(self, place: Place | None, key: str) -> list[str]:
        """What stands at a place, cleaned; nothing, and a note, where it cannot be looked up here."""
        if place is None:
            return []
        try:
            cleaned = (clean(text, MOST_REASON) for text in self.body.look(place)[:MOST_MATCHES])
            texts = [text for text in cleaned if text]
        except Unreadable as error:
            if self.broken is None:
                self.note(f"{key}: {error}")
            return []
        if texts:
            self.find(key, place.text, texts)
        return texts

    def find(self, key: str, place: str, texts: list[str]) -> None:
        """Remember what was found, and where."""
        self.found.append(Found(key, place, joined(texts, MOST_FOUND)))

    def note(self, text: str) -> None:
        """Tell a person something about this answer, once."""
        if text not in self.notes:
            self.notes.append(clean(text, MOST_REASON))


def outcome(ruling: Ruling, answer: Answer, rules: Rules) -> Outcome:
    """The ruling, and everything that the rules want kept of the answer."""
    reason = _reason(ruling, answer, rules)
    if answer.broken and answer.broken != reason:
        answer.note(answer.broken)
    reference = next(iter(answer.look(rules.reference, "reference_path")), None)
    return Outcome(
        kind=ruling.kind,
        reason=reason,
        price=_price(answer, rules) if ruling.kind == "success" else None,
        reference=None if reference is None else clean(reference, MOST_REFERENCE),
        capture=_captures(answer, rules) if rules.capture else {},
        cookie=_cookie(answer, rules) if rules.cookie else None,
        permanent=ruling.permanent,
        retry_after=_retry_after(answer) if ruling.kind == "error" and not ruling.permanent else None,
        rule=ruling.rule,
        found=tuple(answer.found),
        notes=tuple(answer.notes),
    )


def clean(text: str, most: int) -> str:
    """Text from outside as one line that may be shown anywhere; most: in characters."""
    text = text.strip()[: most * _LOOSEST]
    if not text.isprintable():
        text = _UNCLEAN.sub(" ", text).strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def joined(texts: list[str], most: int) -> str:
    """Several texts as one line, of which no more is made than is kept."""
    if len(texts) == 1:
        return clean(texts[0], most)
    return clean(", ".join(clean(text, most) for text in texts[:most]), most)


def _parsed(text: str, form: Form, response: Response, rules: Rules) -> Body:
    if not text:
        return NoBody()
    if form == "json":
        return parse_json(text)
    if form == "xml":
        document = parse_xml(text)
        return Envelope(document.root, text) if is_envelope(document.root) else document
    if form == "form":
        return parse_form(text)
    if form == "html":
        return HtmlBody(text, is_meant=rules.content_type is not None)
    is_typed = response.header("content-type") or rules.content_type
    return TextBody(text) if is_typed else UntypedBody(text)


def _reason(ruling: Ruling, answer: Answer, rules: Rules) -> str | None:
    """The source's own words first; a success needs none, and what no retry can mend must be told in ours."""
    words: str | None = ", ".join(answer.look(rules.reason, "reason_path"))
    if not words and answer.body.fault is not None:
        words = clean(answer.body.fault.reason, MOST_REASON)
    if ruling.permanent:
        words = f"{ruling.reason}: {words}" if words else ruling.reason
    elif ruling.kind == "failure":
        words = words or rules.default_reason or ruling.reason or ruling.rule
    elif ruling.kind == "error":
        words = words or ruling.reason or rules.default_reason or ruling.rule
    return clean(words, MOST_REASON) if words else None


def _price(answer: Answer, rules: Rules) -> Decimal | None:
    text = next(iter(answer.look(rules.price, "price_path")), None)
    price = None if text is None else amount(text)
    if text is not None and price is None:
        answer.note(f"price_path: {clean(text, 80)!r} is no number, so it was not kept")
    return rules.fallback_price if price is None else price


def _captures(answer: Answer, rules: Rules) -> dict[str, str]:
    captured = {}
    for name, pattern in rules.capture:
        if match := pattern.search(answer.body.text):
            captured[name] = clean(match.group(1) or "", MOST_REASON)
            answer.find(f"capture.{name}", pattern.text, [captured[name]])
    return captured


def _cookie(answer: Answer, rules: Rules) -> str | None:
    for name, value in answer.response.headers:
        if rules.cookie and name.lower() == "set-cookie" and rules.cookie.search(value):
            cookie = clean(value, MOST_COOKIE)
            answer.find("cookie_search_term", rules.cookie.text, [cookie])
            return cookie
    return None


def _retry_after(answer: Answer) -> float | datetime | None:
    text = answer.response.header("retry-after")
    moment = None if text is None else retry_after(text)
    if text is not None and moment is None:
        answer.note(
            f"the Retry-After header {clean(text, 80)!r} is neither seconds nor a date, so it was not heeded"
        )
    return moment
