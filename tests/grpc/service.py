"""Our service on a real socket, with everything behind it in memory, and a client of it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs
import grpc
import grpc.aio
import pytest
from dependency_injector import providers
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from referrals_adapters.grpc.channel import Channel, open_channel
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_adapters.grpc.settings import AUTH_SERVICE
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_adapters.system.address import Address
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.testing.memory.rate_limits import InMemoryRateLimits
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock, SeededIds
from referrals_grpc.container import Container
from referrals_grpc.server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message

    from tests.neighbours import Neighbour

BY_EITHER_SERVER: Final = pytest.mark.parametrize(
    "service", [False, True], ids=["polled", "of grpc.aio"], indirect=True
)
"""What marks tests of the service whichever server it is served by."""

TOKEN: Final = (("authorization", "Bearer good"),)


@attrs.frozen
class Refusal:
    """What a caller is told of an error."""

    code: grpc.StatusCode
    message: str
    reason: str
    fields: tuple[str, ...]
    retry_after: float
    raw: bytes


@attrs.frozen(kw_only=True)
class Service:
    """Our service, as a test drives it."""

    address: Address
    channel: Channel
    stub: ReferralsServiceStub
    store: InMemoryStore
    container: Container

    async def refusal(self, method: str, request: Message, metadata: Any = TOKEN) -> Refusal:
        """Call a method that must fail, and return how it did."""
        return await refusal_of(getattr(self.stub, method)(request, metadata=metadata, timeout=5))


@asynccontextmanager
async def serving_in_memory(
    auth: Neighbour, *, statuses: CoalescedStatuses | None = None, **how: Any
) -> AsyncIterator[Service]:
    """
    Run our service within the block; `how` is passed on to its server.

    What it has stored is what it reads, unless there are `statuses`.
    """
    store = InMemoryStore()
    async with open_channel(auth.target) as auth_channel:
        container = Container(
            auth_channel=auth_channel,
            auth_service=AUTH_SERVICE,
            public_url="https://go.example",
            metrics=Metrics(),
        )
        container.transaction.override(providers.Callable(store.begin))
        container.funnel_transaction.override(providers.Callable(store.begin))
        stored = InMemoryStatuses(container.transaction)
        container.statuses.override(
            statuses or CoalescedStatuses(statuses=stored, at_once=1, limit=100, room=100)
        )
        container.cache.override(InMemoryStatusCache())
        container.limits.override(InMemoryRateLimits())
        container.clock.override(FixedClock())
        container.ids.override(SeededIds())
        async with (
            serving(
                container.servicer(), container.interceptors(), Address("127.0.0.1", 0), **how
            ) as address,
            open_channel(str(address)) as channel,
        ):
            yield Service(
                address=address,
                channel=channel,
                stub=ReferralsServiceStub(channel),
                store=store,
                container=container,
            )


def bare(channel: Channel, path: str) -> Any:
    """Return a call that takes bytes and answers with bytes."""
    return channel.unary_unary(path)


async def refusal_of(call: Any) -> Refusal:
    """Await a call that must fail, and read what it says."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    error = failure.value
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    assert isinstance(details, bytes), f"{error.code()} without details: {error.details()}"
    status = Status.FromString(details)
    info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in status.details:
        assert detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(retry)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    assert info.domain == "referrals"
    return Refusal(
        code=error.code(),
        message=status.message,
        reason=info.reason,
        fields=tuple(violation.field for violation in bad.field_violations),
        retry_after=retry.retry_delay.ToTimedelta().total_seconds(),
        raw=details,
    )
