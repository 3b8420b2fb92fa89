"""The criterion `rules`: an event may go where its rule set holds; a veto names the rule that failed."""

from gateway import Park, Pass, RenderError, Verdict, Veto, View, hookimpl
from plugins.criteria.rules.tree import Rules

_PASS = Pass()


@hookimpl
def settings() -> type[Rules]:
    """A rule set, or a bare list of rules that must all hold."""
    return Rules


@hookimpl
async def veto(view: View) -> Verdict:
    """Veto where the rule set does not hold; park where one of its templates cannot be rendered."""
    rules = view.settings.root
    try:
        return _PASS if rules.holds(view.scope, view.now) else Veto(rules.objection(view.scope, view.now))
    except RenderError as error:
        return Park(f"the rules cannot be asked: {error}")
