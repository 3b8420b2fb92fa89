"""The conf key `retention`, as `check` tells what is wrong with it."""

import pytest

from gateway.conf.faults import validate
from gateway.conf.retention import RetentionSettings


def faults(**keys):
    """What is told of these keys: (path, sentence)."""
    found = []
    validate(RetentionSettings, keys, ("retention",), lambda path, text, _: found.append((path, text)), {})
    return found


def test_defaults():
    """Each time has its default, and they are in order."""
    assert RetentionSettings() == RetentionSettings(events="90d", bodies="30d", ids="400d")
    assert faults() == []


@pytest.mark.parametrize(
    ("keys", "path", "text"),
    [
        (
            {"bodies": "91d"},
            ("retention",),
            "bodies go with their event (write a time for `bodies` that is at most `events`)",
        ),
        (
            {"ids": "89d"},
            ("retention",),
            "an id outlives its event (write a time for `ids` that is at least `events`)",
        ),
        (
            {"events": "0s", "bodies": "0s"},
            ("retention", "events"),
            "0s is no time that can be waited (write more than 0s, and at most 3650d)",
        ),
        (
            {"events": "forever"},
            ("retention", "events"),
            "forever is not a duration (write a number with its unit: 500ms, 30s, 5m, 2h, 14d)",
        ),
    ],
)
def test_what_is_refused(keys, path, text):
    """A sentence at the key that is wrong, or at `retention` where two do not fit together."""
    assert faults(**keys)[0] == (path, text)
