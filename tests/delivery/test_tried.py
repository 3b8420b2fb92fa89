"""What sending came to is kept without a secret in it."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.mask import Mask
from gateway.delivery.tried import Try, masked
from gateway.model import Found, Outcome, Response

SECRET = "s3cret-key"
_TEXTS = st.lists(st.sampled_from([SECRET, "***", "s3cret", "-key", " ", "x"])).map("".join)


@given(_TEXTS, _TEXTS, st.none() | _TEXTS)
def test_no_text_that_is_kept_holds_a_secret(reason: str, body: str, error: str | None) -> None:
    """Wherever a source or a plugin repeats it, and however often."""
    outcome = Outcome(
        "error",
        reason,
        reference=reason,
        capture={"a": reason},
        cookie=reason,
        rule=reason,
        found=(Found("reason_path", "m", reason),),
        notes=(reason,),
    )
    response = Response(400, (("X", body),), body.encode(), notes=(body,))
    found = masked(Try(outcome, response=response, network_error=error), Mask.of([SECRET]))
    assert SECRET not in repr(found)
    assert found.outcome.reason == reason.replace(SECRET, "***")


def test_without_secrets_nothing_is_touched() -> None:
    """The usual case costs nothing: the very same object comes back."""
    tried = Try(Outcome("success"), response=Response(200, body=b"x"))
    assert masked(tried, Mask.of([])) is tried
    assert masked(tried, Mask.of(["abc"])) is tried  # too short to be a secret, and in every text


def test_an_answer_that_is_no_text_is_searched_too() -> None:
    """Bytes are compared as bytes."""
    found = masked(
        Try(Outcome("success"), response=Response(200, body=b"\xff s3cret-key \xfe")), Mask.of([SECRET])
    )
    assert found.response == Response(200, body=b"\xff *** \xfe")
