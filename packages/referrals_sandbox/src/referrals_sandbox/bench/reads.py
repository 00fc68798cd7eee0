"""E and R: gRPC calls on 4 connections with 16 streams each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.bench.calls import Calls
from referrals_sandbox.neighbours.frontend import LONG_PATH
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from referrals_sandbox.bench.load import Ask

_ECHO_PATH: Final = "/bench/Echo"
_CONNECTIONS, _STREAMS = 4, 16
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
    def of(cls, referrals: Iterable[tuple[str, str]], *, known: int) -> Requests:
        """Make them of referrals, each with its merchant, the first so many of which are known."""
        requests = [
            pb.GetReferralStatusRequest(merchant_id=merchant_id, referral_id=id_)
            for merchant_id, id_ in referrals
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

    def asker(calls: Calls) -> Ask:
        async def ask() -> None:
            answer = pb.GetReferralStatusRequest.FromString(await calls.call(written))
            if answer != request:
                raise SandboxError(f"the echo of {request} was {answer}")

        return ask

    async with _connected(address, lambda: Calls(_ECHO_PATH), asker) as askers:
        yield askers


@asynccontextmanager
async def statuses(
    address: str,
    token: str,
    next_request: Callable[[], bytes],
    status: pb.ReferralStatus.ValueType = pb.REFERRAL_STATUS_COMPLETED,
) -> AsyncIterator[Sequence[Ask]]:
    """Open the connections of who asks for statuses, each of which is this one."""
    metadata = (("authorization", f"Bearer {token}"),)

    def asker(calls: Calls) -> Ask:
        async def ask() -> None:
            answer = pb.GetReferralStatusResponse.FromString(await calls.call(next_request()))
            if answer.status != status:
                raise SandboxError(f"GetReferralStatus answered {answer}")

        return ask

    async with _connected(address, lambda: Calls(LONG_PATH, metadata), asker) as askers:
        yield askers


@asynccontextmanager
async def _connected(
    address: str, protocol: Callable[[], Calls], asker: Callable[[Calls], Ask]
) -> AsyncIterator[Sequence[Ask]]:
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        askers: list[Ask] = []
        for _ in range(_CONNECTIONS):
            _, calls = await loop.create_connection(protocol, host, int(port))
            stack.callback(calls.close)
            askers += [asker(calls)] * _STREAMS
        yield askers
