"""Every path of the HTTP interface, in one place."""

from collections.abc import Callable, Collection

from aiohttp import web

from gateway.web import events, forget, intake, manage, pauses, replays
from gateway.web.guard import guard
from gateway.web.problems import problems


def application(hosts: Callable[[], Collection[str]], largest_body: int) -> web.Application:
    """The paths, behind the guard. hosts: further right Host names, lower case; largest_body: bytes."""
    app = web.Application(middlewares=[problems(guard(hosts))], client_max_size=largest_body)
    app.add_routes(
        [
            web.post("/events", intake.post_events),
            web.get("/events", events.list_events),
            web.get("/events/{id}", events.get_event),
            web.post("/events/{id}/replay", replays.replay_event),
            web.post("/replay", replays.replay_events),
            web.post("/forget", forget.forget),
            web.get("/endpoints", manage.endpoints),
            web.post("/endpoints/{id:.+}/pause", pauses.pause),
            web.post("/endpoints/{id:.+}/resume", pauses.resume),
            web.get("/metrics", manage.metrics),
            web.get("/-/healthy", manage.healthy),
            web.get("/-/ready", manage.ready),
            web.post("/-/reload", manage.reload),
        ]
    )
    return app
