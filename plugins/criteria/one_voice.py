"""The criterion `one_voice`: of several voices about one lead, the source hears one.

Every event about the lead (`lead.id`) is a voice, whatever its type, flow or recipient: a recipient that corrects
itself has two. The voice that came first is heard first: the others wait until it is known what became of it.
"""

from typing import ClassVar, Literal

from pydantic import ConfigDict, RootModel

from gateway import Defer, Endpoint, Event, Park, Pass, Verdict, Veto, View, Voice, hookimpl
from plugins.criteria.moments import shortly

_PASS = Pass()


class OneVoice(RootModel[Literal["first", "agree", "park"]]):
    """Who is heard: the first voice alone, all that agree with it, or those whom a person lets through."""

    model_config = ConfigDict(frozen=True)
    one_at_a_time: ClassVar[Literal["endpoint", "lead"] | None] = "lead"


@hookimpl
def settings() -> type[OneVoice]:
    """`first`, `agree` or `park`."""
    return OneVoice


@hookimpl
async def veto(event: Event, endpoint: Endpoint, view: View) -> Verdict:
    """Veto (or park) after another voice was delivered; wait while an earlier one is undecided."""
    rule: str = view.settings.root
    others = await view.past.voices()
    if rule == "agree":
        others = tuple(other for other in others if other.type != event.type)
    heard = next((other for other in others if other.state == "delivered"), None)
    if heard is not None:
        reason = f"{endpoint.source_name} has heard of lead {event.lead_id} already: {_said(heard)}"
        return (Park if rule == "park" else Veto)(reason, rule=rule, seen=heard.id)
    before = next((other for other in others if other.earlier), None)
    if before is None:
        return _PASS
    reason = f"an earlier voice on lead {event.lead_id} is undecided: {_said(before)}"
    return Defer(shortly(view.now, event.received_at), reason, rule=rule, seen=before.id)


def _said(voice: Voice) -> str:
    who = "" if voice.recipient is None else f", from {voice.recipient}"
    return f"a {voice.type} (event {voice.id}{who})"
