"""Uvicorn on a socket that we opened, without its own signal handlers and logging."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from referrals_webhook.connection import BoundedConnection

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from datetime import timedelta

    from starlette.types import ASGIApp

_IDLE: Final = 75  # seconds; longer than a gateway keeps an idle connection


async def serve(
    app: ASGIApp, listener: socket.socket, stop: asyncio.Event, *, drain_within: timedelta
) -> None:
    """
    Serve until told to stop; then accept nothing new and finish what was begun.

    Args:
        app: The application.
        listener: A socket that listens; it is closed in the end.
        stop: Tells to stop.
        drain_within: After how long requests that still run are cancelled.
    """
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,  # what a caller does wrong is answered, and fills no disk
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=int(drain_within.total_seconds()),
    )
    server = _Server(config)
    stopping = asyncio.create_task(_exit_when(stop, server))
    try:
        await server.serve(sockets=[listener])
    finally:
        stopping.cancel()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, which has other duties too."""
        yield


async def _exit_when(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True
