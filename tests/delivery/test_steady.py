"""Time that nobody puts forward or back."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.steady import Steady
from tests.making import NOON

_JUMPS = st.lists(st.tuples(st.floats(0, 10**5), st.floats(-(10**8), 10**8)), max_size=20)


class Machine:
    """A machine whose wall clock is put forward and back."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.ahead = 0.0

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.passed + self.ahead)


@given(_JUMPS)
def test_what_has_passed_is_what_was_lived_through(jumps: list[tuple[float, float]]) -> None:
    """Whatever the wall clock did meanwhile."""
    machine = Machine()
    steady = Steady(machine.wall, lambda: machine.passed)
    began = steady.now()
    for waited, jump in jumps:
        machine.passed += waited
        machine.ahead += jump
    assert abs(steady.since(began) - machine.passed) < 0.001


@given(st.floats(-(10**8), 10**8), st.floats(0, 10**5), st.floats(0, 10**5))
def test_of_an_earlier_life_nothing_is_made_up(ahead: float, before: float, after: float) -> None:
    """What another daemon noted by its clock counts no more than what has passed since this one started."""
    machine = Machine()
    machine.passed = before
    noted = machine.wall() + timedelta(seconds=ahead)
    steady = Steady(machine.wall, lambda: machine.passed)
    machine.passed += after
    assert 0 <= steady.since(noted) <= after + 0.001
