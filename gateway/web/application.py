"""Every path of the HTTP interface, in one place."""

from collections.abc import Callable, Collection

from aiohttp import web

from gateway.web import acting, audit, events, forget, intake, manage, pauses, plugins, replays
from gateway.web.guard import guard
from gateway.web.openapi.serving import openapi
from gateway.web.problems import Refusal, problems
from gateway.web.rooms import ROOMS


def application(hosts: Callable[[], Collection[str]], largest_body: int) -> web.Application:
    """The paths, behind the guard. hosts: further right Host names, lower case; largest_body: bytes."""
    answered = problems(guard(hosts), _noted, _over)
    app = web.Application(middlewares=[answered], client_max_size=largest_body)
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
            web.get("/audit", audit.audit),
            web.get("/plugins", plugins.plugins),
            web.post("/plugins/{id}/release", plugins.release),
            web.get("/metrics", manage.metrics),
            web.get("/openapi.json", openapi),
            web.get("/-/healthy", manage.healthy),
            web.get("/-/ready", manage.ready),
            web.post("/-/reload", manage.reload),
        ]
    )
    return app


async def _noted(request: web.Request, refusal: Refusal) -> None:
    request.app[ROOMS].metrics.refused.labels(str(refusal.status)).inc()
    await acting.refused(request, refusal)


def _over(request: web.Request) -> None:
    request.app[ROOMS].load.release(request)
