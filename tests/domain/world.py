"""The service in memory, with Auth, Core and the broker around it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    LinkKey,
    OrderId,
    OrderKey,
    RequestId,
)
from referrals_domain.model.order import Buyer
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing import builders
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.neighbours import (
    InMemoryCustomerValidator,
    InMemoryEventPublisher,
    InMemoryMerchantValidator,
)
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.statuses import InMemoryStatuses
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock, SeededIds
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from referrals_domain.use_cases.complete_due_holds import CompleteDueHolds
from referrals_domain.use_cases.complete_orders import CompleteOrders
from referrals_domain.use_cases.drain_stale_statuses import DrainStaleStatuses
from referrals_domain.use_cases.expire_referrals import ExpireReferrals
from referrals_domain.use_cases.get_referral_status import GetReferralStatus
from referrals_domain.use_cases.list_held import ListHeld
from referrals_domain.use_cases.release_held import ReleaseHeld
from referrals_domain.use_cases.review_referral import ReviewReferral
from referrals_domain.use_cases.share_links import Share, SharedLink, ShareLinks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from referrals_domain.model.delivery import Outcome, Receipt
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.link import Channel, ReferralLink
    from referrals_domain.model.order import OrderFacts, ReferredOrder
    from referrals_domain.model.program import ReferralProgram
    from referrals_domain.model.referral import Referral
    from referrals_domain.ports.transaction import Transaction

ADVOCATE: Final = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
FRIEND: Final = CustomerKey(builders.MERCHANT, builders.FRIEND)
OTHER_FRIEND: Final = CustomerKey(builders.MERCHANT, CustomerId("7003"))
RETRY: Final = timedelta(minutes=1)


def retry_after(attempts: int) -> timedelta:
    """Wait a minute more with each attempt."""
    return attempts * RETRY


@attrs.define(kw_only=True)
class World:
    """
    The service in memory: neighbours that answer, and a friend whom Core does not know.

    Args:
        store: What is stored.
        cache: The status cache.
        auth: Auth, which vouches for the merchant.
        core: Core, which knows the advocate and answers for two friends.
        publisher: The broker.
        clock: The time, a few seconds after the order was placed.
        ids: Fresh ids.
        primary_is_away: Whether a replica answers for the database.
    """

    store: InMemoryStore = attrs.field(factory=InMemoryStore)
    cache: InMemoryStatusCache = attrs.field(factory=InMemoryStatusCache)
    auth: InMemoryMerchantValidator = attrs.field(
        factory=lambda: InMemoryMerchantValidator(verdicts={builders.MERCHANT: Verdict.VALID})
    )
    core: InMemoryCustomerValidator = attrs.field(
        factory=lambda: InMemoryCustomerValidator(
            known={
                ADVOCATE: builders.standing(frequency=3),
                FRIEND: builders.standing(known=False),
                OTHER_FRIEND: builders.standing(known=False),
            }
        )
    )
    publisher: InMemoryEventPublisher = attrs.field(factory=InMemoryEventPublisher)
    clock: FixedClock = attrs.field(factory=FixedClock)
    ids: SeededIds = attrs.field(factory=SeededIds)
    primary_is_away: bool = False

    @property
    def accept_deliveries(self) -> AcceptDeliveries:
        """Return the use case on this world."""
        return AcceptDeliveries(begin=self.store.begin, intake=InMemoryIntake(self.store.begin))

    @property
    def complete_orders(self) -> CompleteOrders:
        """Return the use case on this world."""
        return CompleteOrders(
            begin=self.store.begin,
            merchants=self.auth,
            customers=self.core,
            cache=self.cache,
            clock=self.clock,
            retry_after=retry_after,
        )

    @property
    def get_referral_status(self) -> GetReferralStatus:
        """Return the use case on this world."""
        return GetReferralStatus(
            statuses=InMemoryStatuses(self.store.begin, self.primary_is_away), cache=self.cache
        )

    @property
    def share_links(self) -> ShareLinks:
        """Return the use case on this world."""
        return ShareLinks(begin=self.store.begin, clock=self.clock, ids=self.ids)

    @property
    def review_referral(self) -> ReviewReferral:
        """Return the use case on this world."""
        return ReviewReferral(begin=self.store.begin, cache=self.cache, clock=self.clock)

    @property
    def complete_due_holds(self) -> CompleteDueHolds:
        """Return the use case on this world."""
        return CompleteDueHolds(begin=self.store.begin, cache=self.cache, clock=self.clock)

    @property
    def expire_referrals(self) -> ExpireReferrals:
        """Return the use case on this world."""
        return ExpireReferrals(begin=self.store.begin, cache=self.cache, clock=self.clock)

    @property
    def drain_stale_statuses(self) -> DrainStaleStatuses:
        """Return the use case on this world."""
        return DrainStaleStatuses(begin=self.store.begin, cache=self.cache)

    async def set_up(
        self,
        program: ReferralProgram | None = None,
        *,
        links: Sequence[ReferralLink] = (builders.link(),),
        shares: Sequence[Referral] = (builders.referral(),),
    ) -> None:
        """Store a program with links and shares."""
        async with self.store.begin() as tx:
            await tx.programs.save(program or builders.program())
            for link in links:
                await tx.links.add(link)
            await tx.referrals.save([opened(share) for share in shares])
            await tx.commit()

    async def change_program(self, program: ReferralProgram) -> None:
        """Put the program's next version."""
        async with self.store.begin() as tx:
            version = self.store.state.programs[program.merchant_id].version + 1
            await tx.programs.save(attrs.evolve(program, version=version))
            await tx.commit()

    def order_of_friend(self, number: int, **changes: Any) -> OrderFacts:
        """Return the order of one of many friends, none of whom Core knows."""
        friend = CustomerKey(builders.MERCHANT, CustomerId(f"80{number}"))
        self.core.known[friend] = builders.standing(known=False)
        buyer = Buyer(updated_at=builders.PLACED_AT, customer_id=friend.customer_id)
        order_id = OrderId(str(number))
        return attrs.evolve(builders.facts(order_id=order_id, buyer=buyer), **changes)

    async def share_link(
        self, link: LinkKey, *, channel: Channel, request_id: RequestId | None = None
    ) -> Referral:
        """Share a link, and return what that opened; raise why it is refused."""
        share = Share(link=link, channel=channel, request_id=request_id)
        (shared,) = await self.share_links([share])
        if not isinstance(shared, SharedLink):
            raise shared
        return shared.referral

    async def deliver(self, *facts: OrderFacts) -> Sequence[Receipt]:
        """Take in one delivery for each."""
        return await self.accept_deliveries(
            [builders.delivery(facts=one, received_at=self.clock.now()) for one in facts]
        )

    async def work(self) -> int:
        """Work off what is due, as one batch."""
        return await self.complete_orders(100)

    async def sweep(self) -> None:
        """Have the janitor move on whatever time moves on, in sets of two."""
        await self.complete_due_holds(2)
        await self.expire_referrals(2)

    async def release_all(self, begin: Callable[[], Transaction]) -> None:
        """Release what is held in a store, as a person does once neighbours answer again."""
        held = [one.id for one in await ListHeld(begin=begin)()]
        await ReleaseHeld(begin=begin, clock=self.clock)(held)

    async def work_until_done(self) -> None:
        """Release what is held, work, and let time pass, until no delivery waits: within a day."""
        await self.release_all(self.store.begin)
        for _ in range(24):
            if None not in self.outcomes():
                return
            self.clock.advance(timedelta(hours=1))
            await self.work()
        raise AssertionError("a delivery waits for ever")

    def order(
        self, order_id: OrderId = builders.ORDER, merchant_id: MerchantId = builders.MERCHANT
    ) -> ReferredOrder | None:
        """Return a stored order."""
        return self.store.state.orders.get(OrderKey(merchant_id, order_id))

    def referral_of(self, order_id: OrderId = builders.ORDER) -> Referral:
        """Return the referral that an order is bound to."""
        (bound,) = [one for one in self.store.state.referrals.values() if one.order_id == order_id]
        return bound

    def share(self) -> Referral:
        """Return the referral of the builders' share."""
        return self.store.state.referrals[builders.referral().key]

    def outcomes(self) -> list[Outcome | None]:
        """Return what became of the deliveries, in the order in which they came."""
        return [one.outcome for _, one in sorted(self.store.state.deliveries.items())]

    def events(self) -> list[str]:
        """Return the types of the events that wait for the relay, in their order."""
        return [one.type for _, one in sorted(self.store.state.outbox.items())]

    def net_reward(self) -> int:
        """Return completions less reversals."""
        events = self.events()
        return events.count("referral.completed") - events.count("referral.reversed")
