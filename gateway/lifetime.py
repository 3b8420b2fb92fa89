"""A daemon's life: from the conf folder to the exit code."""

import asyncio
from pathlib import Path

import structlog

from gateway import __version__, process, signals
from gateway.conf.parsed import Parsed
from gateway.conf.reload import first
from gateway.daemon import Daemon, registry
from gateway.observe import set_up_log
from gateway.running import running
from gateway.web.connections import Runner
from gateway.web.listeners import bound, listen

EX_OK, EX_IOERR = 0, 74
CLOSING = 15.0  # seconds behind `shutdown`: what is cut off then is recorded, and the store closed


async def run(folder: Path) -> int:
    """Run the daemon until it is told to stop. Returns the exit code; raises GatewayError where it cannot start."""
    process.raise_descriptors()
    process.gather()
    plugins, parsed = registry(), Parsed()
    conf = await asyncio.to_thread(first, folder, plugins, parsed)
    set_up_log(conf.gateway.log.format, conf.gateway.log.level)
    daemon = Daemon(folder, plugins, conf, parsed)
    runner = Runner(
        daemon.application(), daemon.load, conf.gateway.listen, shutdown_timeout=conf.gateway.shutdown
    )
    signals.heed(daemon.stop.set, daemon.reload)
    try:
        await runner.setup()
        await listen(runner, conf.gateway.listen)
        daemon.session.listening(bound(runner))
        process.settle()
        _is_ready(daemon)
        async with running(daemon.systemd.live()):
            await daemon.stop.wait()
        _is_stopping(daemon)
    finally:
        await runner.cleanup()
    structlog.get_logger().info("daemon.stopped")
    return EX_IOERR if daemon.lost else EX_OK


def _is_ready(daemon: Daemon) -> None:
    structlog.get_logger().info(
        "ready",
        version=__version__,
        listen=[str(listener) for listener in daemon.conf.gateway.listen],
        conf=daemon.conf.digest,
        **daemon.folders,
    )
    daemon.systemd.ready()


def _is_stopping(daemon: Daemon) -> None:
    shutdown = daemon.reloader.conf.gateway.shutdown
    daemon.systemd.stopping(shutdown + CLOSING)
    structlog.get_logger().info(
        "daemon.stopping",
        why=daemon.lost or "told to",
        under_way=daemon.places.taken,
        waits_up_to=f"{shutdown:g}s",
    )
