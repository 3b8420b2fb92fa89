"""The baseline: a bare aiohttp relay that does nothing but forward the same post. No store, no rules, no log.

Run as `python -m bench.relay PORT TARGET-URL`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("session", aiohttp.ClientSession)
TARGET: web.AppKey[str] = web.AppKey("target", str)


async def forward(request: web.Request) -> web.Response:
    body = await request.read()
    headers = {"Content-Type": request.headers["Content-Type"]}
    async with request.app[SESSION].post(request.app[TARGET], data=body, headers=headers) as answer:
        return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")


async def session(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False) as opened:
        app[SESSION] = opened
        yield


async def main(port: int, target: str) -> None:
    app = web.Application()
    app[TARGET] = target
    app.cleanup_ctx.append(session)
    app.router.add_post("/events", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
