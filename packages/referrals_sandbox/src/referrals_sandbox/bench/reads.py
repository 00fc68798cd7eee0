"""E and R: gRPC calls on 4 connections with 16 streams each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import attrs
import grpc.aio

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.neighbours.frontend import LONG_PATH
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_sandbox.bench.load import Ask

_ECHO_PATH: Final = "/bench/Echo"
_CONNECTIONS, _STREAMS = 4, 16
_WITHIN: Final = 5.0  # seconds, a call
_OPTIONS: Final = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),  # else all channels share one connection
)
_MISSES: Final = 100  # one read in so many is of what nobody asked for before


@attrs.define
class Requests:
    """
    Requests for statuses that are in Redis, and one time in 100 for one that is not yet.

    Args:
        known: Those of statuses that are, over and over.
        unknown: Those of statuses that are not, each once.
    """

    known: Iterator[bytes]
    unknown: Iterator[bytes]
    _taken: int = attrs.field(default=0, init=False)

    @classmethod
    def of(cls, merchant_id: str, referrals: Sequence[str], *, known: int) -> Requests:
        """Make them of referrals, the first so many of which are known."""
        requests = [
            pb.GetReferralStatusRequest(merchant_id=merchant_id, referral_id=id_)
            for id_ in referrals
        ]
        written = [one.SerializeToString() for one in requests]
        return cls(cycle(written[:known]), iter(written[known:]))

    def next(self) -> bytes:
        """Return the next."""
        self._taken += 1
        return next(self.known if self._taken % _MISSES else self.unknown)


@asynccontextmanager
async def echoes(address: str) -> AsyncIterator[Sequence[Ask]]:
    """Open the connections of who asks for echoes."""
    request = pb.GetReferralStatusRequest(merchant_id="shop", referral_id="r" * 36)
    written = request.SerializeToString()

    def asker(channel: grpc.aio.Channel) -> Ask:
        call = _method(channel, _ECHO_PATH, pb.GetReferralStatusRequest.FromString)

        async def ask() -> None:
            answer = await _answer(call(written, timeout=_WITHIN))
            if answer != request:
                raise SandboxError(f"the echo of {request} was {answer}")

        return ask

    async with _connected(address, asker) as askers:
        yield askers


@asynccontextmanager
async def statuses(
    address: str, token: str, next_request: Callable[[], bytes]
) -> AsyncIterator[Sequence[Ask]]:
    """Open the connections of who asks for statuses, all of which are `COMPLETED`."""
    metadata = (("authorization", f"Bearer {token}"),)

    def asker(channel: grpc.aio.Channel) -> Ask:
        call = _method(channel, LONG_PATH, pb.GetReferralStatusResponse.FromString)

        async def ask() -> None:
            answer = await _answer(call(next_request(), timeout=_WITHIN, metadata=metadata))
            if answer.status != pb.REFERRAL_STATUS_COMPLETED:
                raise SandboxError(f"GetReferralStatus answered {answer}")

        return ask

    async with _connected(address, asker) as askers:
        yield askers


@asynccontextmanager
async def _connected(
    address: str, asker: Callable[[grpc.aio.Channel], Ask]
) -> AsyncIterator[Sequence[Ask]]:
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(address, options=_OPTIONS))
            for _ in range(_CONNECTIONS)
        ]
        yield [asker(channel) for channel in channels for _ in range(_STREAMS)]


async def _answer(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise SandboxError(
            f"a read was answered {error.code().name}: {error.details()}"
        ) from error


def _method(channel: grpc.aio.Channel, path: str, read: Callable[[bytes], Any]) -> Any:
    """Return a call whose requests are written already."""
    return channel.unary_unary(path, request_serializer=None, response_deserializer=read)
