"""Signed messages are taken once, and remembered for no longer than they could be taken again."""

from gateway.web.messages import Messages


def test_each_is_taken_once() -> None:
    """By its id and whose it is, as long as its signature holds."""
    messages = Messages()
    assert messages.take("ops", "m-1", 400.0, 100.0)
    assert not messages.take("ops", "m-1", 400.0, 400.0)
    assert messages.take("ops", "m-2", 400.0, 100.0)
    assert messages.take("crm", "m-1", 400.0, 100.0)
    assert messages.take("ops", "m-1", 700.0, 400.1)
    assert not messages.take("ops", "m-1", 700.0, 500.0)


def test_what_is_too_old_is_forgotten() -> None:
    """Nothing is kept of a message whose time is over."""
    messages = Messages()
    for second in range(1000):
        assert messages.take("ops", f"m-{second}", second + 10.0, float(second))
    assert len(messages._until) <= 11
