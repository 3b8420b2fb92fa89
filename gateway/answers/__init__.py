"""How an answer becomes an outcome: the default `read`.

1. A rule is read on 2xx, on 4xx and on listed statuses, and in a SOAP fault on 500 too, but in none whose status
   says that nobody looked at the lead. Outside a plain 2xx without a fault it counts only when its term is found, so
   that "not found means success" can never turn a 401 into a success; of a fault it makes a success only at a path.
2. Then the statuses that the conf lists decide, then a SOAP fault, which by itself is never a success, then the
   default for the status. Where a SOAP envelope is expected, any other body is neither a success nor a no on 2xx.
3. Whatever the status, reason, reference and captures are read from the body.
"""

from dataclasses import replace

from gateway.answers.bodies import NoBody, ScalarBody
from gateway.answers.envelopes import Envelope
from gateway.answers.facts import MOST_REASON, Answer, clean, joined, outcome
from gateway.answers.media import Form
from gateway.answers.places import Place
from gateway.answers.rules import ResponseSettings, Rules, warnings
from gateway.answers.statuses import NEVER_A_NO, Kind, Ruling, answered, by_default
from gateway.answers.xpaths import MOST_MATCHES, Unreadable
from gateway.hookspecs import hookimpl
from gateway.model import Endpoint, Outcome, Response
from gateway.patterns import Pattern

__all__ = ["NOWHERE", "ResponseSettings", "Rules", "read", "takes_time", "warnings"]

# How the rule of an outcome ends whose term was not found, since the path itself found nothing.
NOWHERE = ", where nothing stands"

MOST_SHOWN = 80
_NO_RULES = Rules()
_FORMS: dict[Form, str] = {
    "html": "an HTML page",
    "xml": "XML",
    "json": "JSON",
    "form": "a form",
    "text": "text",
}
_NOT_FOUND: dict[Kind, Kind] = {"success": "failure", "failure": "success", "error": "success"}


@hookimpl(trylast=True)
def read(response: Response, endpoint: Endpoint) -> Outcome:
    """Say what an answer means, by the endpoint's response rules. Never raises, whatever the answer."""
    rules: Rules = endpoint.response or _NO_RULES
    answer = Answer.of(response, rules)
    return outcome(_ruling(answer, rules), answer, rules)


def takes_time(response: Response, endpoint: Endpoint) -> bool:
    """Whether reading an answer could hold up others by more than some milliseconds."""
    rules: Rules = endpoint.response or _NO_RULES
    return len(response.body) > rules.at_once


def _ruling(answer: Answer, rules: Rules) -> Ruling:
    status, fault = answer.response.status, answer.body.fault
    listed = rules.by_list(status)
    accepted = listed is None or listed.kind == "success"
    ruling = None
    if accepted and _is_fine(status) and rules.expects == "envelope" and not _is_envelope(answer):
        return _not_an_envelope(answer)
    if rules.term is not None and _is_read(status, listed, fault is not None):
        complete = accepted and fault is None and _is_fine(status)
        ruling = _by_term(rules.term, answer, rules, complete)
    if ruling is None and fault is not None and accepted:
        name = clean(f"a SOAP fault {fault.code}", 200)
        kind = "error" if status in NEVER_A_NO else rules.fault_is
        ruling = Ruling(kind, name, f"the source answered with {name}")
    return ruling or _told(listed or by_default(status), answer)


def _is_fine(status: int | None) -> bool:
    return status is None or 200 <= status <= 299


def _is_envelope(answer: Answer) -> bool:
    """Whether it is one; nothing at all is what a one-way operation is answered with."""
    return isinstance(answer.body, (Envelope, NoBody))


def _not_an_envelope(answer: Answer) -> Ruling:
    status = answer.response.status
    said = "the source answered" if status is None else answered(status)
    reason = answer.broken or f"{said} with {_FORMS[answer.form]}, not with a SOAP envelope"
    return Ruling("error", "a SOAP envelope was expected", reason)


def _is_read(status: int | None, listed: Ruling | None, in_fault: bool) -> bool:
    if in_fault and status in NEVER_A_NO:
        return False
    if status is None or 200 <= status <= 299 or 400 <= status <= 499 or (in_fault and status == 500):
        return True
    return listed is not None and listed.kind != "error"


def _by_term(term: Pattern, answer: Answer, rules: Rules, complete: bool) -> Ruling | None:
    """What the term says; None where it has no say. complete: that it is not found says something too."""
    name = f"outcome_search_term {term.text!r}"
    try:
        searched = _searched(answer, rules)
        where_found, found = _first(term, searched)
        if found is None and complete:
            _must_be_whole(searched, answer, rules)
    except Unreadable as error:
        reason = clean(str(error), MOST_REASON)
        return Ruling("error", f"{name} could not be looked for", reason) if complete else None
    where = f"at {rules.path.text!r}" if rules.path else "in the answer"
    if rules.path is not None and searched:
        answer.find("outcome_search_path", rules.path.text, searched if found is None else [where_found])
    if found is not None:
        answer.find("outcome_search_term", term.text, [found])
        if answer.body.fault is not None and rules.on_match == "success" and rules.path is None:
            return None  # a fault is full of words: "not accepted" holds "accepted"
        return Ruling(rules.on_match, f"{name} was found {where}{_shown([where_found], rules)}")
    if not complete:
        return None
    nothing = None if searched or rules.path is None else _nothing_at(rules.path, answer)
    return Ruling(
        _NOT_FOUND[rules.on_match], f"{name} was not found {where}{_shown(searched, rules)}", nothing
    )


def _searched(answer: Answer, rules: Rules) -> list[str]:
    if rules.path is None or isinstance(answer.body, ScalarBody):
        return [answer.body.text] if answer.body.text else []
    try:
        return answer.body.look(rules.path)
    except Unreadable as error:
        raise Unreadable(answer.broken or str(error)) from None


def _first(term: Pattern, searched: list[str]) -> tuple[str, str | None]:
    """The first text in which the term is found, and what of it was found; None where it is in none."""
    for text in searched[:MOST_MATCHES]:
        found = term.first(text)
        if found is not None:
            return text, found
    return "", None


def _must_be_whole(searched: list[str], answer: Answer, rules: Rules) -> None:
    """That a term is not found says something only where everything was searched. Raises Unreadable."""
    if len(searched) > MOST_MATCHES:
        place = rules.path.text if rules.path else ""
        raise Unreadable(
            f"more than {MOST_MATCHES:,} texts stand at {place!r}, of which only so many are searched"
        )
    if answer.response.truncated:
        raise Unreadable("the answer was cut, and what was looked for is not in the part that was read")


def _nothing_at(path: Place, answer: Answer) -> str:
    why = "the answer is empty" if isinstance(answer.body, NoBody) else "is the path right?"
    return f"nothing stands at {path.text!r} ({why})"


def _shown(texts: list[str], rules: Rules) -> str:
    """What stands there, for a person; a whole body is shown with the attempt anyway."""
    if rules.path is None:
        return ""
    shown = joined(texts[:10], MOST_SHOWN)
    return f", where {shown!r} stands" if texts else NOWHERE


def _told(ruling: Ruling, answer: Answer) -> Ruling:
    """What a status says, whose reason also names an HTML page, or the address that was not followed."""
    more = ""
    if ruling.permanent:
        location = clean(answer.response.header("location") or "", 500)
        more = f", a redirect to {location} that was not followed" if location else " without a Location"
    elif ruling.reason and answer.form == "html":
        more = ", with an HTML page"
    return replace(ruling, reason=f"{ruling.reason}{more}") if more else ruling
