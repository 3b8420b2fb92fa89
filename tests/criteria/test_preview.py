"""A preview asks the same questions of the same past, and takes nothing."""

from gateway.preview import preview
from tests.criteria.scene import Scene, asked, event

CHANCE = "0" * 32


async def test_a_preview_takes_no_place(scene: Scene) -> None:
    """However often it is asked, the last place is still free; once that is taken, a preview says so too."""
    await scene.swap(scene.route(criteria=asked(cap="1/day", once="lead.id", one_voice="first")))
    for _ in range(3):
        seen = await preview(event("new"), scene.conf, scene.now, CHANCE, scene.store)
        assert [vote.verdict for vote in seen.votes] == ["pass", "pass", "pass"]
        assert seen.shown is not None
    await scene.post(event("a"))
    await scene.rest()
    assert await scene.states("a") == ["delivered"]
    seen = await preview(event("new"), scene.conf, scene.now, CHANCE, scene.store)
    assert [(vote.name, vote.verdict, vote.seen) for vote in seen.votes] == [
        ("cap", "veto", 1), ("once", "veto", "L-1"), ("one_voice", "veto", "a"),
    ]  # fmt: skip
    assert seen.stopped is not None
    again = await preview(event("a"), scene.conf, scene.now, CHANCE, scene.store)
    assert [vote.verdict for vote in again.votes] == ["pass", "pass", "pass"]  # it has its place already


async def test_without_a_store_nothing_went_before(scene: Scene) -> None:
    """Where no data folder is at hand, a preview is that of the first event."""
    await scene.swap(scene.route(criteria=asked(cap="1/day", once="lead.id", one_voice="first")))
    await scene.post(event("a"))
    await scene.rest()
    seen = await preview(event("new"), scene.conf, scene.now, CHANCE)
    assert [vote.verdict for vote in seen.votes] == ["pass", "pass", "pass"]
