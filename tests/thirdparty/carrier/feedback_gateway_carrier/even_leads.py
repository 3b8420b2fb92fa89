"""Criterion `even_leads`: only leads with an even number may go."""

from gateway import Event, Park, Pass, Settings, Verdict, Veto, View, hookimpl


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
    last = (event.lead_id or "")[-1:]
    if last not in tuple("0123456789"):
        return Park("the lead's id does not end in a digit (post a number as lead.id)")
    is_odd = int(last) % 2 == 1
    if is_odd == view.settings.odd:
        return Pass()
    return Veto(f"lead {event.lead_id} is {'odd' if is_odd else 'even'}")
