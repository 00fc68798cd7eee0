"""The http role on a real socket of this process, and a client of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import httpx

from referrals_adapters.system.address import Address
from referrals_webhook.server import serve
from tests.webhook.orders import PATH, order, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_webhook.container.http import HttpContainer

    Headers: TypeAlias = dict[str, str] | list[tuple[bytes, bytes]]


@attrs.frozen(kw_only=True)
class Served:
    """The role, as a test calls it."""

    address: Address
    client: httpx.AsyncClient

    async def post(
        self, body: bytes | None = None, headers: Headers | None = None
    ) -> httpx.Response:
        """Post a body, unless told otherwise the sample as Shopify would send it."""
        content = order() if body is None else body
        return await self.client.post(
            PATH, content=content, headers=signed(content) if headers is None else headers
        )

    async def raw(self, request: bytes) -> bytes:
        """Send bytes, and return everything that comes back until the server closes."""
        reader, writer = await asyncio.open_connection(self.address.host, self.address.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


@asynccontextmanager
async def served(container: HttpContainer) -> AsyncIterator[Served]:
    """Serve a container's application within the block."""
    listener = Address("127.0.0.1", 0).listen()
    address = Address.of(listener)
    stop = asyncio.Event()
    serving: asyncio.Task[Any] = asyncio.create_task(
        serve(container.app(), listener, stop, drain_within=timedelta(seconds=2))
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            yield Served(address=address, client=client)
    finally:
        stop.set()
        await serving
        for part in (container.batcher(), container.landings(), container.tally()):
            await part.aclose()
