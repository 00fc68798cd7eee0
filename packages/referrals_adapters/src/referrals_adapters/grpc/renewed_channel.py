"""A channel that is replaced by another while calls are under way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Self

import grpc.aio

if TYPE_CHECKING:
    from referrals_adapters.wire.certificates import Renewed

_GRACE: Final = 10.0  # seconds; more than any call of ours may take


class RenewedChannel(grpc.aio.Channel):
    """
    A channel whose calls go over the newest connection; those under way stay where they are.

    Args:
        channels: The newest channel.
    """

    def __init__(self, channels: Renewed[grpc.aio.Channel]) -> None:
        self._channels = channels
        self._channel = channels.current()
        self._closing: set[asyncio.Task[None]] = set()

    def _newest(self) -> grpc.aio.Channel:
        newest = self._channels.current()
        if newest is not self._channel:
            closing = asyncio.ensure_future(self._channel.close(_GRACE))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            self._channel = newest
        return newest

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a call over the newest connection."""
        return self._newest().unary_unary(*args, **kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Return a call over the newest connection."""
        return self._newest().unary_stream(*args, **kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return a call over the newest connection."""
        return self._newest().stream_unary(*args, **kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Return a call over the newest connection."""
        return self._newest().stream_stream(*args, **kwargs)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - as gRPC has it
        """Return how the newest connection is."""
        return self._newest().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait until the newest connection is otherwise."""
        await self._newest().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the newest connection is there."""
        await self._newest().channel_ready()

    async def close(self, grace: float | None = None) -> None:
        """Close it, and those before it that are not closed yet."""
        await asyncio.gather(self._channel.close(grace), *self._closing)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
