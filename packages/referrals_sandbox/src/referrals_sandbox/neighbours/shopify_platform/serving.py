"""Shopify on a socket."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from referrals_sandbox.neighbours.shopify_platform import control
from referrals_sandbox.neighbours.shopify_platform.admin import Admin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from referrals_sandbox.neighbours.shopify_platform.platform import Shopify

_GRACE = 1  # seconds that calls under way may still take


@asynccontextmanager
async def serving(shopify: Shopify, address: str) -> AsyncIterator[str]:
    """
    Serve Shopify within the block, and give its URL.

    Raises:
        OSError: The address is taken.
    """
    host, _, port = address.rpartition(":")
    with socket.create_server((host, int(port)), backlog=1024) as listener:
        server = _Server(_config(application(shopify)))
        served = asyncio.create_task(server.serve([listener]))
        try:
            await server.ready.wait()
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await served
            await shopify.webhooks.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when calls are answered."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


def application(shopify: Shopify) -> Starlette:
    """Return what answers for Shopify."""
    admin, path = Admin(shopify).answer, "/admin/api/{version}/graphql.json"
    return Starlette(
        routes=[
            Route(path, admin, methods=["POST"]),
            Route(f"/shops/{{domain}}{path}", admin, methods=["POST"]),
            *control.routes(shopify),
        ]
    )


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,  # a half page is a fault that was wished for
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
    )
