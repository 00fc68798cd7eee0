"""Connections to neighbours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import grpc.aio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Channel: TypeAlias = grpc.aio.Channel

_OPTIONS: Final = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),  # by default a neighbour may be back for two minutes
    ("grpc.min_reconnect_backoff_ms", 2_000),  # how long one attempt to connect may take
    ("grpc.enable_http_proxy", 0),  # neighbours are near; a proxy is for the world outside
)


@asynccontextmanager
async def open_channel(target: str) -> AsyncIterator[Channel]:
    """
    Open a channel, and close it at the end of the block.

    Nothing is connected before it is needed, and a lost connection is tried again at least every
    second.
    """
    async with grpc.aio.insecure_channel(target, options=_OPTIONS) as channel:
        yield channel
