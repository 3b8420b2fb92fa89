"""What docs/plugins.md has its readers type does what the page says, where the example is installed."""

import json
import re

from tests.docs.pages import Page

PAGE = Page("docs/plugins.md")


def shown(name: str) -> str:
    """The block that the page shows as a file."""
    found = re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```$", PAGE.text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_steps_lead_to_the_request(python, tmp_path):
    """`check` is content with the conf on the page; `preview` and `explain` print what the page prints."""
    (tmp_path / "conf" / "sources").mkdir(parents=True)
    for name in ("conf/gateway.yaml", "conf/sources/acme.yaml", "event.json"):
        (tmp_path / name).write_text(shown(name))
    assert json.loads(shown("event.json"))["source"] == "acme"
    checked = python("-m", "gateway.cli", "check")
    assert (checked.returncode, checked.stdout) == (0, "")
    expected = [block.text for block in PAGE.blocks if block.first_line.startswith("event.json: ")]
    told = [python("-m", "gateway.cli", word, "event.json") for word in ("preview", "explain")]
    assert [each.stdout.rstrip() for each in told] == expected
