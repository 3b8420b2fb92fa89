"""Criterion `even_leads`: only leads with an even number may go."""

from gateway import Event, Finding, Park, Pass, Settings, Verdict, Veto, View, hookimpl


class EvenLeads(Settings):
    """Lets every second lead go, by the last digit of its id."""

    odd: bool = False
    """Let the odd ones go instead."""


@hookimpl
def settings() -> type[EvenLeads]:
    """The conf keys under `even_leads:`."""
    return EvenLeads


@hookimpl
async def veto(event: Event, view: View) -> Verdict:
    """Veto every second lead; park one whose id does not end in a digit."""
    is_odd = _is_odd(event)
    if is_odd is None:
        return Park("the lead's id does not end in a digit (post a number as lead.id)")
    if is_odd == view.settings.odd:
        return Pass()
    return Veto(f"lead {event.lead_id} is {'odd' if is_odd else 'even'}")


@hookimpl
async def explain(event: Event, view: View) -> Finding:
    """What is asked of the lead's id, whether it holds, and the id."""
    is_odd, wanted = _is_odd(event), view.settings.odd
    holds = None if is_odd is None else is_odd == wanted
    return Finding(f"lead.id is {'odd' if wanted else 'even'}", holds, event.lead_id)


def _is_odd(event: Event) -> bool | None:
    last = (event.lead_id or "")[-1:]
    return int(last) % 2 == 1 if last in tuple("0123456789") else None
