"""W: signed webhooks, each of an order of its own, on 128 connections."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from referrals_domain.model.delivery import Receipt
from referrals_sandbox.bench.posts import Posts
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from referrals_sandbox.bench.load import Ask

_CONNECTIONS: Final = 128
"""
What waits is stored at once, so more connections make larger batches: 128 for 64 take a fifth off
what an order costs, and add as much to how long it waits (two roles, November 2026).
"""

_WITHIN: Final = 5.0  # seconds: so long Shopify waits


@asynccontextmanager
async def posting(
    addresses: Sequence[str], next_order: Callable[[], bytes], receipt: Receipt = Receipt.STORED
) -> AsyncIterator[Sequence[Ask]]:
    """
    Open the connections of who posts orders.

    Args:
        addresses: To whom, each `host:port`, in turn.
        next_order: Makes the next request.
        receipt: What becomes of each; any other answer is wrong.
    """
    wanted = json.dumps({"receipt": receipt}).encode()
    loop = asyncio.get_running_loop()

    def asker(posts: Posts) -> Ask:
        async def ask() -> None:
            answer = await posts.post(next_order())
            if answer != wanted:
                raise SandboxError(f"a webhook was answered {answer.decode(errors='replace')}")

        return ask

    with ExitStack() as stack:
        askers: list[Ask] = []
        for address in islice(cycle(addresses), _CONNECTIONS):
            host, _, port = address.rpartition(":")
            _, posts = await loop.create_connection(partial(Posts, _WITHIN), host, int(port))
            stack.callback(posts.close)
            askers.append(asker(posts))
        yield askers
