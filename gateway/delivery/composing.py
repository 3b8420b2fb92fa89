"""What is to be sent: the values of an event, and the request made of them.

That of a large event is made apart from the loop, so that nobody waits for it but who posted it.
"""

from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any

from gateway.apart import Apart, is_large
from gateway.conf.model import Conf, Route
from gateway.contained import HOLD, Fault, Tell
from gateway.model import Delivery, Values
from gateway.rendering import Rendered, render


@dataclass(frozen=True, slots=True)
class Composed:
    """values: None where they could not be made; rendered: the request, or what was raised instead."""

    values: Values | None
    rendered: Rendered | BaseException


async def compose(
    delivery: Delivery, route: Route, conf: Conf, variables: dict[str, Any], apart: Apart, tell: Tell
) -> Composed:
    """Map and render one event. Never raises, whatever a plugin does. tell: hears where it held up everybody."""
    work = partial(_composed, delivery, route, conf, variables)
    if is_large(delivery.event):
        try:
            return await apart.run(route.endpoint.id, work)
        except TimeoutError as error:
            return Composed(None, error)
    began = perf_counter()
    composed = work()
    if (spent := perf_counter() - began) > HOLD:
        tell(Fault(route.transport.name, "render", "slow", route.endpoint.id, seconds=spent))
    return composed


def _composed(delivery: Delivery, route: Route, conf: Conf, variables: dict[str, Any]) -> Composed:
    values = None
    try:
        values = _values(delivery, route, variables)
        rendered = render(route.transport.render, route.endpoint, values, conf.secrets, delivery.key)
    except BaseException as error:  # noqa: BLE001  whoever records the attempt is told
        return Composed(values, error)
    return Composed(values, rendered)


def _values(delivery: Delivery, route: Route, variables: dict[str, Any]) -> Values:
    """What is to be sent. Of a replay only the values are the older attempt's: no nonce or timestamp is sent twice."""
    if delivery.values is None:
        return route.mapper.map(variables)
    return replace(delivery.values, now=variables["now"], random=variables["random"])
