"""One worker, as it runs, between an Auth and a Core that misbehave on real sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import grpc
from dependency_injector.providers import Callable as Calling
from dependency_injector.providers import Object

from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.core.v1.core_pb2 import GetCustomerRFMResponse
from referrals_adapters.grpc.settings import AUTH_SERVICE, CORE_SERVICE, NeighbourSettings
from referrals_adapters.grpc.settings import Neighbour as Whereabouts
from referrals_adapters.system.clock import SystemClock
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import CustomerId, LinkKey, MerchantId, OrderId
from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.memory.state import StoredDelivery
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_webhook.container.worker import WorkerContainer
from tests import neighbours
from tests.neighbours import Neighbour, answering
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.ports.clock import Clock

Trouble: TypeAlias = Callable[[Neighbour], Coroutine[Any, Any, None]]

PACE: Final = Pace(timeout=0.5)
"""As the worker's own, with a deadline that a test can wait for."""

ENOUGH: Final = 1_200
"""Orders for which a tenth is more than can be in vain, however slow the machine: two batches have
16 calls each under way when trouble begins, up to six probes go in it, and it begins thrice."""


@attrs.frozen(kw_only=True)
class Shift:
    """
    A worker with its neighbours; what is stored is in memory.

    Args:
        container: The worker's parts.
        store: What is stored.
        auth: Auth, which vouches for every merchant.
        core: Core, which knows advocates, and no friends.
    """

    container: WorkerContainer
    store: InMemoryStore
    auth: Neighbour
    core: Neighbour

    def deliver(self, orders: int, *, merchants: int) -> None:
        """Put orders of many friends before the worker, of some merchants in turn."""
        state = self.store.state
        for number in range(merchants):
            shop = MerchantId(f"shop-{number}")
            link = builders.link(merchant_id=shop)
            state.programs[shop] = builders.program(merchant_id=shop)
            state.links[LinkKey(shop, link.id)] = link
        for number in range(orders):
            shop = MerchantId(f"shop-{number % merchants}")
            accepted = _delivery(shop, number, self.container.clock().now())
            state.deliveries[number] = StoredDelivery(
                accepted=accepted, due_at=accepted.received_at
            )

    async def work(self, *, within: float = 50.0) -> None:
        """Run the worker until no delivery waits."""
        stop = asyncio.Event()
        working = asyncio.create_task(self.container.completing().run(stop))
        try:
            await until(self._is_done, within=within)
        finally:
            stop.set()
            await working

    async def _is_done(self) -> bool:
        return None not in self.outcomes()

    def outcomes(self) -> Counter[Outcome | None]:
        """Return how many deliveries ended how."""
        return Counter(one.outcome for one in self.store.state.deliveries.values())

    def statuses(self) -> Counter[ReferralStatus]:
        """Return how many referrals stand how."""
        return Counter(one.status for one in self.store.state.referrals.values())


@asynccontextmanager
async def on_shift(clock: Clock | None = None) -> AsyncIterator[Shift]:
    """Put a worker together that nobody else knows, and that has the time from a clock."""
    store = InMemoryStore()
    async with (
        answering(neighbours.auth()) as auth,
        answering(neighbours.core()) as core,
        open_channel(auth.target) as to_auth,
        open_channel(core.target) as to_core,
    ):
        core.reply = _know_advocates
        container = WorkerContainer(
            auth=to_auth,
            core=to_core,
            neighbours=NeighbourSettings(
                auth=Whereabouts(target=auth.target, service=AUTH_SERVICE),
                core=Whereabouts(target=core.target, service=CORE_SERVICE),
                service_token="of-the-worker",
            ),
            begin=Calling(store.begin),
            cache=Object(InMemoryStatusCache()),
            clock=Object(clock or SystemClock()),
            pace=Object(PACE),
        )
        yield Shift(container=container, store=store, auth=auth, core=core)


async def is_well(_: Neighbour) -> None:
    """Nothing is wrong with it."""


async def is_down(neighbour: Neighbour) -> None:
    """It answers the first calls, and then nobody listens for two seconds."""
    await _some_calls(neighbour)
    await neighbour.stop()
    await asyncio.sleep(2)
    await neighbour.start()


async def is_slow(neighbour: Neighbour) -> None:
    """It answers the first calls, and then for two seconds only after the deadline."""
    usual = neighbour.delay
    await _some_calls(neighbour)
    neighbour.delay = 2 * PACE.timeout
    await asyncio.sleep(2)
    neighbour.delay = usual


async def is_slow_at_times(neighbour: Neighbour) -> None:
    """It answers the first calls, and then every other second only after the deadline."""
    usual = neighbour.delay
    await _some_calls(neighbour)
    for _ in range(3):
        neighbour.delay = 2 * PACE.timeout
        await asyncio.sleep(1)
        neighbour.delay = usual
        await asyncio.sleep(1)


async def refuses_at_times(neighbour: Neighbour) -> None:
    """It answers the first calls, and then every other second none, but says so at once."""
    usual = neighbour.reply
    await _some_calls(neighbour)
    for _ in range(3):
        neighbour.reply = lambda _: grpc.StatusCode.UNAVAILABLE
        await asyncio.sleep(1)
        neighbour.reply = usual
        await asyncio.sleep(1)


async def calls_of_a_shift(
    trouble: Trouble, of: str, *, orders: int, merchants: int, latency: float = 0.0
) -> int:
    """
    Have a worker complete orders beside a neighbour in trouble; count what that one heard.

    Args:
        trouble: What is wrong with it.
        of: Who it is.
        orders: How many orders there are.
        merchants: To how many merchants they belong.
        latency: How long it takes for an answer, in seconds, when nothing is wrong.
    """
    async with on_shift() as shift:
        neighbour: Neighbour = getattr(shift, of)
        neighbour.delay = latency
        shift.deliver(orders, merchants=merchants)
        troubling = asyncio.create_task(trouble(neighbour))
        await shift.work()
        troubling.cancel()
    assert shift.outcomes() == {Outcome.SETTLED: orders}
    assert shift.statuses() == {ReferralStatus.COMPLETED: orders}
    return len(neighbour.calls)


async def _some_calls(neighbour: Neighbour) -> None:
    for _ in range(20):
        await neighbour.arrivals.get()


def _know_advocates(request: Any) -> GetCustomerRFMResponse | grpc.StatusCode:
    if request.customer_id == builders.ADVOCATE:
        return GetCustomerRFMResponse(frequency=3)
    return grpc.StatusCode.NOT_FOUND


def _delivery(merchant_id: MerchantId, number: int, at: datetime) -> AcceptedDelivery:
    """Return the delivery of the order of one of many friends, placed and delivered at a time."""
    buyer = Buyer(updated_at=at, customer_id=CustomerId(f"80{number}"))
    facts = builders.facts(
        order_id=OrderId(str(number)),
        buyer=buyer,
        signals=(builders.signal(share=None),),
        placed_at=at,
    )
    return builders.accepted_delivery(merchant_id=merchant_id, facts=facts, received_at=at)
