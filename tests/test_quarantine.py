"""A plugin that keeps failing is left alone for a while, and gets another chance: laws of the machine."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.quarantine import WELL, Health, Policy

policies = st.builds(
    Policy,
    faults=st.integers(1, 6),
    within=st.floats(0.5, 100),
    pause=st.floats(0.5, 1000),
)
# What happens, and after how many seconds.
histories = st.lists(st.tuples(st.sampled_from(["failed", "well"]), st.floats(0, 120)), max_size=60)


def lived(policy: Policy, history: list[tuple[str, float]]) -> list[tuple[float, str, Health, Health]]:
    """Each step: when, what, how it stood before, and after."""
    now, health, steps = 0.0, WELL, []
    for what, later in history:
        now += later
        before = health
        health = health.failed(now, policy) if what == "failed" else health.did_well(now)
        steps.append((now, what, before, health))
    return steps


@given(policies, histories)
def test_only_so_many_faults_within_the_time_put_one_that_is_well_into_quarantine(policy, history):
    """Never fewer, never such as lie further apart; one that is probed needs one."""
    faults: list[float] = []
    for now, what, before, after in lived(policy, history):
        state = before.state(now)
        faults = [*faults, now] if what == "failed" and state == "well" else faults
        begins = after.state(now) == "quarantined" != state
        if begins and state == "well":
            assert len([at for at in faults if now - at < policy.within]) >= policy.faults
        if what == "failed" and state == "probing":
            assert begins
        if begins:
            faults = []


@given(policies, histories)
def test_a_quarantine_lasts_as_long_as_its_pause(policy, history):
    """Nothing that happens meanwhile makes it longer or shorter; then it is probed, and well in the end."""
    for now, _, before, after in lived(policy, history):
        if before.state(now) == "quarantined":
            assert after is before
        elif after.state(now) == "quarantined":
            assert after.state(now + policy.pause * 0.99) == "quarantined"
            assert after.until is not None
            assert after.state(after.until) == "probing"
            assert after.state(after.until + policy.within) == "well"


@given(policies, histories)
def test_what_is_remembered_is_bounded(policy, history):
    """However often a plugin fails, no more moments are kept than decide something."""
    assert all(len(after.faults) < policy.faults for *_, after in lived(policy, history))


@given(policies)
def test_one_answer_as_it_should_be_ends_the_probing(policy):
    """And the next fault is the first of a new row; an answer that comes in during the quarantine ends nothing."""
    shut = Health()
    for _ in range(policy.faults):
        shut = shut.failed(0.0, policy)
    assert shut.did_well(policy.pause / 2) is shut
    assert shut.did_well(policy.pause) is WELL
    again = WELL.failed(policy.pause, policy)
    assert (again.state(policy.pause) == "well") == (policy.faults > 1)
