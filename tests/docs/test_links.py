"""No link of a page leads nowhere."""

import re

import pytest

from tests.docs.pages import PAGES, ROOT, Page

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(path):
    """Each file that a page links to is there, and has the heading that the link names."""
    inner = [target for target in LINK.findall(Page(path).prose) if "://" not in target]
    assert [target for target in inner if not leads_somewhere(path, target)] == []


def leads_somewhere(path: str, target: str) -> bool:
    file, _, heading = target.partition("#")
    found = (ROOT / path).parent / file if file else ROOT / path
    if not heading:
        return found.exists()
    return heading in map(anchor, Page(found.resolve().relative_to(ROOT).as_posix()).headings)
