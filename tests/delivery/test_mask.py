"""Whatever way a source writes a secret that it repeats, none of it is kept."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode
from xml.sax import saxutils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import Basic, Bearer
from gateway.delivery.mask import SHORTEST, Mask, mask_at
from gateway.encoding import form_encode
from gateway.model import Secret, Vote
from tests import making

SECRET = "pä/ss\"w&rd<'\\1 +é"
KEY = Secret("file", "acme_key")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "written",
    [
        str,
        quote,
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: urlencode({"": text})[1:],
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps(text).replace("/", "\\/"),
        saxutils.escape,
        saxutils.quoteattr,
        lambda text: saxutils.escape(text, {'"': "&quot;", "'": "&apos;"}),
        html.escape,
        _base64,
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: form_encode([("", text)])[1:],
        lambda text: form_encode([("", json.dumps(text, ensure_ascii=False))])[1:].replace("%22", "", 1),
        lambda text: form_encode([("", saxutils.escape(text))])[1:],
        repr,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "secret", [SECRET, "s3cret/key", "päss", 'a"b<c', "Pass!word&1", "top(secret)#9", "it's 100%"]
)
def test_every_way_of_writing_is_masked(written: Callable[[str], str], secret: str) -> None:
    """In text and in bytes, nothing but `***` and padding is left."""
    mask, text = Mask.of([secret]), written(secret)
    left = mask.text(f"<{text}>")
    assert left.replace("***", "").replace("%22", "").strip("<>\"'=") == ""
    assert mask.body(f"<{text}>".encode()) == left.encode()


def test_lower_and_upper_case_codes_are_the_same() -> None:
    """Some write `%2f`, others `%2F`; some `\\u00E9`, others `\\u00e9`."""
    mask = Mask.of(["a/b=é!"])
    assert [mask.text(text) for text in ("a%2fb%3d%c3%a9%21", r"a/b=\u00E9!", r"a\/b=\u00E9!")] == ["***"] * 3


@given(secret=st.text(st.characters(exclude_characters="…*"), min_size=8, max_size=40), data=st.data())
def test_a_text_that_was_cut_within_a_secret_holds_none_of_it(secret: str, data: st.DataObject) -> None:
    """A source that pads what it repeats learns nothing but the first three characters to our readers."""
    cut = data.draw(st.integers(SHORTEST, len(secret)))
    left = Mask.of([secret]).text(f"where '#{secret[:cut]}…' stands")
    assert left == "where '#***…' stands"


def test_the_longest_is_masked_first() -> None:
    """A secret that begins as another one does leaves no tail."""
    assert Mask.of(["s3cret", "s3cret-key"]).text("s3cret-key, s3cret") == "***, ***"


def test_the_credentials_as_they_are_sent_are_masked_too() -> None:
    """The pair behind `Basic` and the token behind `Bearer`, also where the password alone is too short."""
    basic, bearer = Basic("acme", "pw1"), Bearer("t0ken-of-acme")
    pair = _base64("acme:pw1")
    route = making.route(auth=basic)
    assert mask_at(route, making.conf(route)).text(f"Basic {pair}") == "Basic ***"
    route = making.route(auth=bearer)
    assert mask_at(route, making.conf(route)).text("Bearer t0ken-of-acme") == "Bearer ***"
    route = making.route(auth=Basic("ac:me", "pw1"))  # which cannot be sent
    assert not mask_at(route, making.conf(route))


def test_the_secrets_of_an_endpoint_are_those_of_its_source() -> None:
    """What another source's answer holds by chance is not masked; forms are worked out once."""
    route = making.route()
    conf = making.conf(route, secrets={KEY: "s3cret-key"})
    assert mask_at(route, conf).text("s3cret-key") == "***"
    assert mask_at(route, conf) is mask_at(route, making.conf(route, secrets={KEY: "s3cret-key"}))
    assert not mask_at(route, making.conf(making.route("bolt/return")))


def test_votes_without_secrets_are_left_as_they_are() -> None:
    """The usual case costs nothing."""
    votes = (Vote("a", "veto", "s3cret-key"), Vote("b", "pass"))
    assert Mask().votes(votes) is votes
    assert Mask.of(["s3cret-key"]).votes(votes) == (Vote("a", "veto", "***"), votes[1])


def test_votes_hold_no_secret() -> None:
    """Neither in the reason, nor in the rule, nor anywhere in the value that was seen."""
    mask = Mask.of(["s3cret"])
    seen = {"s3cret": ["a s3cret", 7, None, {"deep": "s3cret"}]}
    [vote] = mask.votes((Vote("strict", "veto", "no s3cret", rule="not s3cret", seen=seen),))
    assert vote == Vote(
        "strict", "veto", "no ***", rule="not ***", seen={"***": ["a ***", 7, None, {"deep": "***"}]}
    )


WRITERS = {
    "percent": lambda text: quote(text, safe=""),
    "some percent": lambda text: quote(text, safe="/ +=&"),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON as it is": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "XML": saxutils.escape,
    "HTML": html.escape,
    "bytes": lambda text: repr(text.encode())[2:-1],
    "CDATA": lambda text: text.replace("]]>", "]]]]><![CDATA[>"),
}


@given(
    st.text("ab9_/+=&%<>\"'\\]é😀", min_size=4, max_size=20).filter(
        lambda text: text.isascii() or "\\" not in text
    ),
    st.lists(st.sampled_from(sorted(WRITERS)), min_size=1, max_size=3),
)
def test_one_way_of_writing_within_another(secret: str, ways: list[str]) -> None:
    """A source may repeat our form, within JSON, on a page of HTML: whatever the order, the secret is masked."""
    text = f" {secret} "
    for way in ways:
        text = WRITERS[way](text)
    assert "***" in Mask.of([secret]).text(text)
    assert b"***" in Mask.of([secret]).body(text.encode())


def test_white_space_that_became_other() -> None:
    """What is read of a page has each run of white space as one blank, and none at its ends."""
    assert Mask.of(["two  words\tof\nit "]).text("<two words of it>") == "<***>"


def test_what_is_no_secret_stays() -> None:
    """Letters of another case, and a part of it, are not the secret."""
    text = "S3cret/key s3cret/ke s3cret key"
    assert Mask.of(["s3cret/key"]).text(text) == text
