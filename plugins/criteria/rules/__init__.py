"""The criterion `rules`: an event may go where its rule set holds; a veto names the rule that failed."""

from gateway import Finding, Park, Pass, RenderError, Verdict, Veto, View, hookimpl
from plugins.criteria.rules.tree import Rules

_PASS = Pass()


@hookimpl
def settings() -> type[Rules]:
    """A rule set, or a bare list of rules that must all hold."""
    return Rules


@hookimpl
async def veto(view: View) -> Verdict:
    """Veto where the rule set does not hold; park where one of its templates cannot be rendered."""
    rules, scope, now = view.settings.root, view.scope, view.now
    try:
        if rules.holds(scope, now):
            return _PASS
        culprit = rules.culprit(scope, now)
        return Veto(rules.objection(scope, now), culprit.words(), culprit.seen(scope))
    except RenderError as error:
        return Park(f"the rules cannot be asked: {error}")


@hookimpl
async def explain(view: View) -> Finding:
    """The rule set as a tree, every rule asked."""
    finding: Finding = view.settings.root.finding(view.scope, view.now)
    return finding
