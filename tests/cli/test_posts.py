"""Files of events."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.posts import Post, _posts, read
from gateway.errors import GatewayError


def places(name: str, text: str) -> list[tuple[str, str]]:
    return [(post.place, post.text) for post in _posts(name, text)]


def test_an_object():
    """One object over several lines is one event."""
    assert places("e.json", '{\n "a": 1.50\n}\n') == [("e.json", '{"a":1.50}')]


def test_an_array():
    """An array's events are counted from 0."""
    assert places("e.json", '[{"a": 1},\n {"b": 2}]') == [("e.json[0]", '{"a":1}'), ("e.json[1]", '{"b":2}')]


def test_lines():
    """NDJSON is told by its content; lines keep their numbers, and their text as it was written."""
    assert places("e", '{"a": 1}\n\n{"b":  2}\n') == [("e:1", '{"a": 1}'), ("e:3", '{"b":  2}')]


def test_one_bad_line_is_left_to_the_daemon():
    """A broken line among good ones is still a line."""
    assert places("e", '{"a": \n{"b": 2}\n') == [("e:1", '{"a":'), ("e:2", '{"b": 2}')]


def test_the_name_says_lines():
    """A file called .ndjson is read by lines, also where no line is JSON."""
    assert places("e.ndjson", "x\ny") == [("e.ndjson:1", "x"), ("e.ndjson:2", "y")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "e: there is nothing in it (write an event, an array of events, or one a line)"),
        (
            '{"a": NaN}',
            "e: not JSON as it is taken here: NaN is not JSON (leave the field out, or send null) (/a)",
        ),
        (
            '[{"a": 1}\n{"b": 2}]',
            "e: not JSON as it is taken here: Expecting ',' delimiter (line 2 column 1)",
        ),
    ],
)
def test_what_is_no_event(text, why):
    """A file that is neither JSON nor lines of JSON is named with the reason."""
    with pytest.raises(GatewayError) as caught:
        places("e", text)
    assert str(caught.value) == why


def test_files(tmp_path):
    """A byte order mark is no part of the text; bytes that are not UTF-8 are named."""
    (tmp_path / "bom.json").write_bytes(b'\xef\xbb\xbf{"a":1}')
    (tmp_path / "bad.json").write_bytes(b'{"a":"\xff"}')
    bom, bad = str(tmp_path / "bom.json"), str(tmp_path / "bad.json")
    assert read([bom]) == [Post(bom, '{"a":1}')]
    with pytest.raises(GatewayError, match=r"byte 6 is not UTF-8 \(save it as UTF-8\)"):
        read([bad])


OBJECTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=10)), min_size=1),
    min_size=1,
)


@given(OBJECTS.filter(lambda found: "\x00" not in str(found)))
def test_every_form_says_the_same(found):
    """The same events come out of an array and of lines."""
    if "\\u0000" in json.dumps(found):
        return
    array = [json.loads(post.text) for post in _posts("e", json.dumps(found))]
    lines = [json.loads(post.text) for post in _posts("e.ndjson", "\n".join(map(json.dumps, found)))]
    assert array == lines == found
