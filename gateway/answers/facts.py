"""What an answer holds beside its meaning: reason, price, reference, captures and cookie, all cleaned."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.answers.bodies import Body, NoBody, TextBody, parse_form, parse_json, parse_xml
from gateway.answers.envelopes import Envelope, is_envelope
from gateway.answers.media import Form, decode, media
from gateway.answers.places import Place, Unreadable
from gateway.answers.rules import Rules, amount
from gateway.answers.statuses import Ruling, retry_after
from gateway.model import Outcome, Response

MOST_REASON = 1000
MOST_REFERENCE = 200
MOST_COOKIE = 4096
# Control characters, blanks, lone surrogates, and what turns the direction of writing on a screen.
_UNCLEAN = re.compile("[\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")


@dataclass(slots=True)
class Answer:
    """One response, opened.

    broken: why its body is not what it says it is; notes: what a person should know.
    """

    response: Response
    form: Form
    body: Body
    broken: str | None
    notes: list[str]

    @classmethod
    def of(cls, response: Response, rules: Rules) -> "Answer":
        """Decode and parse the body, if anything is asked of it; XML always, since it may be a SOAP fault."""
        form, charset = media(response.header("content-type") or "")
        if rules.content_type is not None:
            form, named = media(rules.content_type)
            charset = named or charset
        notes = [f"the answer was cut after {len(response.body):,} bytes"] if response.truncated else []
        if not rules.asks_body and form != "xml":
            return cls(response, form, NoBody(), None, notes)
        text, note = decode(response.body, charset, form)
        if note:
            notes.append(note)
        try:
            return cls(response, form, _parsed(text, form), None, notes)
        except Unreadable as error:
            return cls(response, form, TextBody(text), clean(str(error), MOST_REASON), notes)

    def look(self, place: Place | None, key: str) -> list[str]:
        """What stands at a place, cleaned; nothing, and a note, where it cannot be looked up here."""
        if place is None:
            return []
        try:
            cleaned = (clean(text, MOST_REASON) for text in self.body.look(place))
            return [text for text in cleaned if text]
        except Unreadable as error:
            if self.broken is None:
                self.note(f"{key}: {error}")
            return []

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
        notes=tuple(answer.notes),
    )


def clean(text: str, most: int) -> str:
    """Text from outside as one line that may be shown anywhere; most: in characters."""
    if not text.isprintable():
        text = _UNCLEAN.sub(" ", text)
    text = text.strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def _parsed(text: str, form: Form) -> Body:
    if not text:
        return NoBody()
    if form == "json":
        return parse_json(text)
    if form == "xml":
        document = parse_xml(text)
        return Envelope(document.root, text) if is_envelope(document.root) else document
    if form == "form":
        return parse_form(text)
    return TextBody(text, "HTML" if form == "html" else "text")


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
    found = ((name, pattern.search(answer.body.text)) for name, pattern in rules.capture)
    return {name: clean(match.group(1) or "", MOST_REASON) for name, match in found if match}


def _cookie(answer: Answer, rules: Rules) -> str | None:
    for name, value in answer.response.headers:
        if rules.cookie and name.lower() == "set-cookie" and rules.cookie.search(value):
            return clean(value, MOST_COOKIE)
    return None


def _retry_after(answer: Answer) -> float | datetime | None:
    text = answer.response.header("retry-after")
    moment = None if text is None else retry_after(text)
    if text is not None and moment is None:
        answer.note(
            f"the Retry-After header {clean(text, 80)!r} is neither seconds nor a date, so it was not heeded"
        )
    return moment
