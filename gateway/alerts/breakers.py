"""What a person must know of a breaker: in the log each time it turns, and as an alert when it opens."""

import structlog

from gateway.alerts import Alerts
from gateway.breaker import Breaker


def turned(alerts: Alerts, endpoint: str, breaker: Breaker) -> None:
    """Tell that an endpoint's breaker opened, began to ramp, or was closed."""
    log = structlog.get_logger()
    if breaker.is_closed:
        log.info("breaker.closed", endpoint=endpoint)
    elif breaker.state == "ramping":
        log.info("breaker.ramping", endpoint=endpoint)
    else:
        log.warning("breaker.opened", endpoint=endpoint, pause=breaker.pause)
        failed = f"{breaker.failed} of {breaker.heard} attempts failed"
        said = f"{endpoint}: its breaker is open: {failed} (a probe follows in {breaker.pause:g} s)"
        alerts.raise_("breaker", endpoint, said)
