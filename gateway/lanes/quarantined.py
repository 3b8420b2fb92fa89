"""What a quarantine allows a lane."""

from gateway.conf.alerting import NAME
from gateway.lanes import Lanes


def bind(lanes: Lanes, endpoint: str, most: int | None) -> None:
    """Let an endpoint's lane have `most` attempts under way, 0 or 1; None: as many as its conf says.

    The endpoint of the alerts has no lane.
    """
    if endpoint == NAME:
        return
    lanes.look(endpoint).most = most
    if most != 0:
        lanes.wake(endpoint)
