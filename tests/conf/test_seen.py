"""What events hold, and what is said of a path that none of them holds."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.conf.seen import MAX_NAMES, Known, Shape
from gateway.paths import join
from tests.making import event

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0}"), min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES,
    lambda child: st.lists(child, max_size=3) | st.dictionaries(NAMES, child, max_size=3),
    max_leaves=12,
)


def known(*samples, stored=()):
    return Known("acme", Shape(samples), Shape(stored))


ONE = event(
    lead={"id": "1", "email": "joe@example.com", "phone_1": "5125551212", "tags": ["a"], "first name": "Joe"},
    contacts=[{"email": "a"}, {"mail": "b"}],
    value={"amount": 1},
)


@pytest.mark.parametrize(
    "path",
    [
        *("lead.email", "lead.tags", "lead.tags.0", "lead.tags.17", "contacts.0.mail", "contacts.3.email"),
        *(
            "lead.{first name}",
            "feedback.reason",
            "feedback.timestamp",
            "source.name",
            "event.id",
            "now",
            "random",
        ),
        *("value", "value.amount", "today"),
    ],
)
def test_what_an_event_holds_is_not_doubted(path):
    """Names as they were posted, any index of a list that there is, and what the gateway itself fills in."""
    assert known(ONE).doubt(path, optional=False) is None


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("lead.emial", "lead.emial is in no sample event (did you mean 'lead.email'?)"),
        ("laed.email", "laed.email is in no sample event (did you mean 'lead.email'?)"),
        ("contacts.0.emali", "contacts.0.emali is in no sample event (did you mean 'contacts.0.email'?)"),
        ("contact.email", "contact.email is in no sample event (did you mean 'lead.email'?)"),
        ("lead.ID", "lead.ID is in no sample event (did you mean 'lead.id'?)"),
        ("Lead.Id", "Lead.Id is in no sample event (did you mean 'lead.id'?)"),
        ("lead.tasg", "lead.tasg is in no sample event (did you mean 'lead.tags'?)"),
        ("contacts.0.EMAIL", "contacts.0.EMAIL is in no sample event (did you mean 'contacts.0.email'?)"),
        ("lead.reason", "lead.reason is in no sample event (did you mean 'feedback.reason'?)"),
        ("value.currency", "value.currency is in no sample event (value has: amount)"),
        (
            "lead.phone_2",
            "lead.phone_2 is in no sample event (lead has: email, first name, id, phone_1, tags)",
        ),
        ("score", "score is in no sample event (post it, or put it into a sample event)"),
        ("flow.id", "flow.id is in no sample event (post it, or put it into a sample event)"),
    ],
)
def test_what_none_holds_is_told_with_the_nearest(path, sentence):
    """One misspelt name, the same name elsewhere, or what there is instead."""
    assert known(ONE).doubt(path, optional=False) == sentence


def test_letters_that_changed_places_are_told():
    """Also in a name too short for its likeness to be counted."""
    held = known(event(lead={"zip": "1", "id": "2"}))
    assert (
        held.doubt("lead.zpi", optional=True) == "lead.zpi is in no sample event (did you mean 'lead.zip'?)"
    )
    assert (
        held.doubt("lead.ZPI", optional=True) == "lead.ZPI is in no sample event (did you mean 'lead.zip'?)"
    )


def test_where_was_looked_is_told():
    """Samples, stored events, or both."""
    assert (
        known(stored=[ONE, ONE])
        .doubt("x", optional=False)
        .startswith("x is in none of the last 2 stored events of acme (")
    )
    assert (
        known(ONE, stored=[ONE])
        .doubt("x", optional=False)
        .startswith("x is in no sample event and not in the one stored event of acme (")
    )


def test_either_kind_of_event_will_do():
    """What a stored event holds is not doubted because the samples lack it, and the other way round."""
    other = event(score=7)
    assert known(ONE, stored=[other]).doubt("score", optional=False) is None
    assert known(other, stored=[ONE]).doubt("score", optional=False) is None


def test_with_nothing_known_nothing_is_doubted():
    """Without any event there is nothing to compare with."""
    assert known().doubt("lead.emial", optional=False) is None


def test_an_optional_path_is_doubted_only_if_it_is_misspelt():
    """`default` and `is blank` say that it may be missing: only a name that is nearly there is told."""
    assert known(ONE).doubt("lead.county", optional=True) is None
    assert known(ONE).doubt("contact.email", optional=True) is None
    assert known(ONE).doubt("lead.emial", optional=True) is not None


def test_names_are_kept_up_to_a_bound():
    """Past it nothing is doubted any more, and no event costs more memory."""
    shape = Shape(event(lead={f"{at}-{n}": n for n in range(1000)}) for at in range(10))
    assert sum(shape.holds(("lead", f"{at}-{n}")) for at in range(4) for n in range(1000)) == 4000
    assert len(shape._names["lead"]) <= MAX_NAMES
    assert shape.holds(("lead", "nope"))


def test_a_path_among_thousands_is_told_soon():
    """Also where every name there is must be compared."""
    held = known(event(lead={f"field_number_{n}x{n * 7919}": n for n in range(3900)}))
    began = time.process_time()
    assert held.doubt("lead.feild_number_7y55433", optional=False) is not None
    assert time.process_time() - began < 0.5


def test_a_name_that_no_path_can_write_is_not_doubted():
    """A template may read `lead['a}b']`."""
    assert known(ONE).doubt("lead.{a}b}", optional=False) is None


def paths(data, before=()):
    if isinstance(data, dict):
        for name, child in data.items():
            yield (*before, name)
            yield from paths(child, (*before, name))
    elif isinstance(data, list):
        for at, child in enumerate(data):
            yield (*before, at)
            yield from paths(child, (*before, at))


@given(st.dictionaries(NAMES, JSON, max_size=4))
@example({"a": [{"0": None}, [[None]]]})
def test_every_path_of_an_event_is_held(data):
    """Whatever is posted, wherever it is: no path into it is doubted."""
    held = known(event(own=data))
    assert [path for path in paths(data) if held.doubt(join(("own", *path)), optional=False)] == []
