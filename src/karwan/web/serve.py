"""The server: workers, framework and byte cache put together on one address of this machine."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from django.core.asgi import get_asgi_application

from karwan.errors import InvalidInput
from karwan.register.register import Register
from karwan.runs.kept import KeptAnswers, usual_folder
from karwan.runs.pool import Limits, WorkerPool
from karwan.web.bodies import Bodies
from karwan.web.bytecache import App, ByteCache
from karwan.web.conf import LOOPBACK, configure
from karwan.web.site import Site
from karwan.web.views import hold


@contextlib.contextmanager
def served(
    case: str,
    *,
    store: str | None = None,
    register: str | None = None,
    folder: Path | None = None,
    limits: Limits | None = None,
) -> Iterator[tuple[Site, App]]:
    """A site and its application while the workers live.

    Parameters
    ----------
    case
        Embedded case or folder.
    store
        Trade store.
    register
        Register of the plan, which stands in place of the case's plan; made where it is absent.
    folder
        Where answers are kept; the user's cache by default.
    limits
        Workers and what they may do.
    """
    configure()
    if register is not None:
        with Register(register, create=True):
            pass  # so that its first entry can be written in the page
    pool = WorkerPool(KeptAnswers(folder or usual_folder()), limits)
    try:
        site = Site(case, store, pool, register)
        site.learn()
        hold(site)
        yield site, Bodies(ByteCache(get_asgi_application(), site.contents))
    finally:
        pool.close()


def run(
    case: str,
    *,
    port: int,
    store: str | None,
    register: str | None,
    folder: Path | None,
    limits: Limits,
    ready: Callable[[str], None],
) -> None:
    """Serve a case on the loopback address until interrupted; `ready` is told the address of its first page.

    Raises
    ------
    InvalidInput
        The port is taken; there is no such case, or it has errors.
    """
    door = _door(port)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with served(case, store=store, register=register, folder=folder, limits=limits) as (site, app):
        config = uvicorn.Config(
            app,
            log_level="warning",
            lifespan="off",
            server_header=False,
            ws="none",
            timeout_keep_alive=20,
        )
        site.warm()
        signal.signal(signal.SIGTERM, _end)
        ready(f"http://127.0.0.1:{port}{site.root}")
        uvicorn.Server(config).run([door])


def _end(number: int, frame: object) -> None:
    """End in order: uvicorn raises the signal again once it is done, and the workers must not outlive the server."""
    raise SystemExit(0)


def _door(port: int) -> socket.socket:
    """A socket on the loopback address, bound before anything slow is done."""
    # The protocol is named so that the event loop sends small answers at once: without it each would wait 40 ms.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((LOOPBACK[0], port))
    except OSError as error:
        door.close()
        reason = f"127.0.0.1:{port}: {error.strerror}"
        raise InvalidInput(f"Port {port} is not free.", reason, "name another with --port.") from error
    return door
