"""Where a secret may stand in a template, and what is known of it: rows are in `tests/golden/templates/secrets.yaml`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RenderError
from gateway.model import Secret
from gateway.templates import Template
from gateway.templates.filters import FILTERS
from tests.templates.test_sandbox import ARGUMENTS

SIGNED = "{{ (lead.id ~ secrets.k ~ secrets.env.E) | md5 }}"


def test_the_secrets_of_a_template():
    """They are named apart: no event is asked for them."""
    found = Template.compile(SIGNED, secrets=True)
    assert found.secrets == {Secret("file", "k"), Secret("env", "E")}
    assert found.variables == {"lead.id"}


def test_no_secret_elsewhere():
    """Where nothing is signed, in rules and criteria, none can be read."""
    for text in (SIGNED, "{{ secrets.k }}", "{{ secrets }}"):
        with pytest.raises(ValueError, match="no secret can be read here"):
            Template.compile(text)


PIECES = st.recursive(
    st.sampled_from(["secrets.k", "lead.id", "lead.n", "'x'", "1"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner, st.sampled_from("~+*")).map(lambda of: f"({of[0]} {of[2]} {of[1]})"),
        st.tuples(inner, inner, inner).map(lambda of: f"({of[0]} if {of[1]} else {of[2]})"),
        st.tuples(inner, st.sampled_from(sorted(set(FILTERS) - {"hmac"}))).map(
            lambda of: f"({of[0]} | {of[1]}{ARGUMENTS.get(of[1], '')})"
        ),
        st.tuples(inner, inner).map(lambda of: f"({of[0]} | hmac('sha256', key={of[1]}))"),
        st.tuples(inner, inner).map(lambda of: f"({of[0]} | md5(salt={of[1]}, encoding={of[0]}))"),
        st.lists(inner, max_size=3).map(lambda of: f"[{', '.join(of)}]"),
        inner.map(lambda of: f"lead[{of}]"),
    ),
    max_leaves=6,
)


@given(PIECES)
def test_no_template_gives_a_secret_away(expression):
    """Whatever is written, it is refused, or neither its value nor its error holds the secret."""
    try:
        template = Template.compile(f"{{{{ {expression} }}}}", secrets=True)
    except ValueError:
        return
    secret = "Qv7" * 5
    try:
        made = template.render({"lead": {"id": "L-1", "n": 3}, "a": 1, "b": "x", "secrets": {"k": secret}})
    except RenderError as error:
        made = error
    assert "qv7" not in str(made).lower()
    assert "UXY3" not in str(made)  # the same in base64


def test_no_hash_of_nothing_but_a_secret():
    """It would be as good as the secret, and stands in the store in clear; one within another hash does not."""
    with pytest.raises(ValueError, match="the hash of a secret alone is a secret itself"):
        Template.compile("{{ secrets.k | md5 }}", secrets=True)
    assert Template.compile("{{ (lead.id ~ (secrets.k | md5)) | md5 }}", secrets=True).secrets
