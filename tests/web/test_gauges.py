"""Of thousands of endpoints only those have a line for which there is something to say."""

from gateway.metrics import Metrics
from gateway.web.gauges import _written


def test_an_endpoint_has_a_line_as_long_as_it_counts() -> None:
    """What waits is told anew each time; where nothing waits any more, the line goes."""
    numbers = Metrics()

    def told(**waiting: int) -> list[str]:
        lines = _written(numbers, {numbers.waiting: waiting}).decode().splitlines()
        return [line.removeprefix("feedback_gateway_events_waiting") for line in lines if "waiting{" in line]

    assert told() == []
    assert told(a=3, b=1) == ['{endpoint="a"} 3.0', '{endpoint="b"} 1.0']
    assert told(b=2, c=1) == ['{endpoint="b"} 2.0', '{endpoint="c"} 1.0']
    assert told() == []
