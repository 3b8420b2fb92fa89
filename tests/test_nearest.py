"""The end of a sentence about a wrong word: the nearest right one, or what there is."""

import time

from hypothesis import given
from hypothesis import strategies as st

from gateway.nearest import LISTED, nearest


def test_a_slip_gets_the_word_that_was_meant():
    """The nearest of the known words, in its own spelling."""
    assert nearest("maping", ["headers", "mapping", "url"]) == " (did you mean 'mapping'?)"
    assert nearest("LEADID", ["LeadId", "Reason"]) == " (did you mean 'LeadId'?)"


def test_a_beginning_gets_the_one_word_that_begins_so():
    """`cert` is far from `certificate` letter by letter; where two words begin so, none is suggested."""
    assert nearest("cert", ["ca", "certificate", "key"]) == " (did you mean 'certificate'?)"
    assert (
        nearest("cert", ["certificate_file", "certificate_key", "x"])
        == " (there is: certificate_file, certificate_key, x)"
    )


def test_without_a_near_one_a_small_choice_is_listed():
    """Sorted, each once; a large choice is not."""
    assert nearest("zzz", ["b", "a", "b"]) == " (there is: a, b)"
    assert nearest("", ["b"]) == " (there is: b)"
    many = [f"word{n}" for n in range(LISTED + 1)]
    assert nearest("zzz", many[:LISTED]).count("word") == LISTED
    assert nearest("zzz", many) == ""


def test_without_any_known_word_nothing_is_said():
    """An empty choice ends no sentence."""
    assert nearest("x", []) == ""


def test_any_iterable_will_do():
    """Also one that can be read only once."""
    assert nearest("ur", (word for word in ("url", "json"))) == " (did you mean 'url'?)"


@given(st.text(), st.lists(st.text(min_size=1), min_size=1))
def test_a_known_word_is_nearest_to_itself(word, others):
    """Up to case, the word itself is suggested where it is known."""
    assert nearest(others[0], others).startswith(" (did you mean ")


def test_a_huge_word_costs_no_time():
    """A mistyped megabyte is compared by its beginning only."""
    started = time.process_time()
    nearest("lead" * 250_000, ["lead" * 40, "reason"])
    assert time.process_time() - started < 1
