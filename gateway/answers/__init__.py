"""How an answer becomes an outcome: the default `read`.

1. A rule is read on 2xx, on 4xx and on listed statuses. Outside a plain 2xx it counts only when its term is
   found, so that "not found means success" can never turn a 401 into a success.
2. Then the statuses that the conf lists decide, then a SOAP fault, which is never a success, then the default
   for the status.
3. Whatever the status, reason, reference and captures are read from the body.
"""

from dataclasses import replace

from gateway.answers.bodies import ScalarBody
from gateway.answers.facts import MOST_REASON, Answer, clean, outcome
from gateway.answers.places import Unreadable
from gateway.answers.rules import ResponseSettings, Rules, warnings
from gateway.answers.statuses import Kind, Ruling, by_default
from gateway.hookspecs import hookimpl
from gateway.model import Endpoint, Outcome, Response
from gateway.patterns import Pattern

__all__ = ["ResponseSettings", "Rules", "read", "warnings"]

MOST_SHOWN = 80
_NO_RULES = Rules()
_NOT_FOUND: dict[Kind, Kind] = {"success": "failure", "failure": "success", "error": "success"}


@hookimpl(trylast=True)
def read(response: Response, endpoint: Endpoint) -> Outcome:
    """Say what an answer means, by the endpoint's response rules. Never raises, whatever the answer."""
    rules: Rules = endpoint.response or _NO_RULES
    answer = Answer.of(response, rules)
    return outcome(_ruling(answer, rules), answer, rules)


def _ruling(answer: Answer, rules: Rules) -> Ruling:
    status, fault = answer.response.status, answer.body.fault
    listed = rules.by_list(status)
    accepted = listed is None or listed.kind == "success"
    ruling = None
    if rules.term is not None and _is_read(status, listed):
        complete = accepted and fault is None and (status is None or 200 <= status <= 299)
        ruling = _by_term(rules.term, answer, rules, complete)
    if ruling is None and fault is not None and accepted:
        name = clean(f"a SOAP fault {fault.code}", 200)
        ruling = Ruling(rules.fault_is, name, f"the source answered with {name}")
    return ruling or _told(listed or by_default(status), answer)


def _is_read(status: int | None, listed: Ruling | None) -> bool:
    if status is None or 200 <= status <= 299 or 400 <= status <= 499:
        return True
    return listed is not None and listed.kind != "error"


def _by_term(term: Pattern, answer: Answer, rules: Rules, complete: bool) -> Ruling | None:
    """What the term says; None where it has no say. complete: that it is not found says something too."""
    name = f"outcome_search_term {term.text!r}"
    try:
        searched = _searched(answer, rules)
    except Unreadable as error:
        reason = clean(answer.broken or str(error), MOST_REASON)
        return Ruling("error", f"{name} could not be looked for", reason) if complete else None
    where = f"at {rules.path.text!r}" if rules.path else "in the answer"
    found = next((text for text in searched if term.search(text)), None)
    if found is not None:
        if answer.body.fault is not None and rules.on_match == "success":
            return None
        return Ruling(rules.on_match, f"{name} was found {where}{_shown([found], rules)}")
    if not complete:
        return None
    return Ruling(_NOT_FOUND[rules.on_match], f"{name} was not found {where}{_shown(searched, rules)}")


def _searched(answer: Answer, rules: Rules) -> list[str]:
    if rules.path is None or isinstance(answer.body, ScalarBody):
        return [answer.body.text] if answer.body.text else []
    return answer.body.look(rules.path)


def _shown(texts: list[str], rules: Rules) -> str:
    """What stands there, for a person; a whole body is shown with the attempt anyway."""
    if rules.path is None:
        return ""
    shown = clean(", ".join(texts[:10]), MOST_SHOWN)
    return f", where {shown!r} stands" if texts else ", where nothing stands"


def _told(ruling: Ruling, answer: Answer) -> Ruling:
    """What a status says, whose reason also names an HTML page, or the address that was not followed."""
    more = ""
    if ruling.permanent:
        location = clean(answer.response.header("location") or "", 500)
        more = f", a redirect to {location} that was not followed" if location else " without a Location"
    elif ruling.reason and answer.form == "html":
        more = ", with an HTML page"
    return replace(ruling, reason=f"{ruling.reason}{more}") if more else ruling
