"""From a share to a completed referral."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.delivery import Outcome, Receipt
from referrals_domain.model.evidence import Evidence
from referrals_domain.model.identifiers import (
    CustomerId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
    RefundId,
    ShopDomain,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Signal, Source
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.ports.status_cache import Hit
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import (
    InMemoryCustomerValidator,
    InMemoryMerchantValidator,
)
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.put_program import PutProgram
from tests.domain.world import ADVOCATE, FRIEND, OTHER_FRIEND, World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerKey, ReferralKey
    from referrals_domain.testing.contracts.begin import Begin
    from referrals_domain.testing.memory.store import InMemoryStore

ONE: Final = OrderId("1")
TWO: Final = OrderId("2")
UNKNOWN_CODE: Final = ReferralCode.of_number(1)
OWN_REFERRAL: Final = ReferralId.of_order(builders.MERCHANT, builders.ORDER)


async def test_a_share_leads_to_an_order_and_the_order_to_a_completed_referral() -> None:
    world = World()
    await PutProgram(begin=world.store.begin)(builders.program())
    create = CreateReferralLink(begin=world.store.begin, clock=world.clock, ids=world.ids)
    link = await create(merchant_id=builders.MERCHANT, customer_id=builders.ADVOCATE)
    shared = await world.share_link(link.key, channel=Channel.WHATSAPP)
    signal = builders.signal(code=link.code, share=shared.id, channel=Channel.WHATSAPP)
    placed_at = world.clock.now() + timedelta(hours=2)
    world.clock.advance(timedelta(hours=2, seconds=3))

    receipts = await world.deliver(builders.facts(signals=(signal,), placed_at=placed_at))
    claimed = await world.work()

    assert (receipts, claimed) == ([Receipt.STORED], 1)
    view = await world.get_referral_status(shared.key)
    assert (view.status, view.version, view.cause) == (
        *(ReferralStatus.COMPLETED, 2, Cause.ORDER_CREATED),
    )
    assert world.events() == ["referral.completed"]
    assert world.outcomes() == [Outcome.SETTLED]


async def test_the_completed_referral_is_the_share_bound_to_order_and_friend(
    world: World,
) -> None:
    await world.deliver(builders.facts())
    await world.work()
    assert world.store.state.referrals == {
        builders.referral().key: builders.referral(
            status=ReferralStatus.COMPLETED,
            cause=Cause.ORDER_CREATED,
            version=2,
            updated_at=world.clock.now(),
            order_id=builders.ORDER,
            referred_customer_id=builders.FRIEND,
        )
    }


async def test_the_order_keeps_facts_evidence_and_attribution(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    order = world.order()
    assert order
    assert order.facts == builders.facts()
    assert order.evidence == Evidence(
        merchant_valid=True,
        customers={
            builders.ADVOCATE: world.core.known[ADVOCATE],
            builders.FRIEND: world.core.known[FRIEND],
        },
    )
    assert order.attribution
    assert order.attribution.winner == builders.signal()
    assert order.referral_id == builders.REFERRAL
    assert world.store.state.heard_of[order.key] == world.clock.now()


async def test_the_change_stands_in_the_history(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    moved = world.store.state.history[builders.referral().key, 2]
    assert (moved.from_status, moved.referral) == (ReferralStatus.PENDING, world.share())
    assert moved.event == builders.referral_completed(occurred_at=world.clock.now())


# Which referral.


async def test_a_bare_code_opens_a_referral_of_the_orders_own_id(world: World) -> None:
    landing = builders.signal(source=Source.LANDING_SITE, share=None, channel=Channel.QR)
    await world.deliver(builders.facts(signals=(landing,)))
    await world.work()
    opened = world.referral_of()
    assert (opened.id, opened.status, opened.version) == (
        *(OWN_REFERRAL, ReferralStatus.COMPLETED, 2),
    )
    assert (opened.channel, opened.opened_at) == (Channel.QR, builders.PLACED_AT)
    assert world.share() == builders.referral()


async def test_a_referral_that_an_order_opened_has_its_whole_history(world: World) -> None:
    await world.deliver(builders.facts(signals=(builders.signal(share=None),)))
    await world.work()
    key = world.referral_of().key
    first, second = world.store.state.history[key, 1], world.store.state.history[key, 2]
    assert (first.from_status, first.referral.cause) == (None, Cause.ORDER_PLACED)
    assert (second.from_status, second.referral.cause) == (
        *(ReferralStatus.PENDING, Cause.ORDER_CREATED),
    )


@pytest.mark.parametrize("together", [True, False])
async def test_a_share_is_bound_once_and_a_second_friend_opens_a_new_referral(
    world: World,
    together: bool,  # noqa: FBT001
) -> None:
    first = builders.facts(order_id=ONE)
    second = builders.facts(order_id=TWO, buyer=_buyer(OTHER_FRIEND.customer_id))
    await world.deliver(first)
    if not together:
        await world.work()
    await world.deliver(second)
    await world.work()
    assert world.referral_of(ONE).id == builders.REFERRAL
    assert world.referral_of(TWO).id == ReferralId.of_order(builders.MERCHANT, TWO)
    assert {world.referral_of(id_).status for id_ in (ONE, TWO)} == {ReferralStatus.COMPLETED}
    assert world.events() == ["referral.completed"] * 2


async def test_an_expired_share_is_still_bound_by_an_order_from_within_the_window() -> None:
    world = World()
    await world.set_up(shares=[builders.referral(status=ReferralStatus.EXPIRED)])
    await world.deliver(builders.facts())
    await world.work()
    assert world.referral_of().id == builders.REFERRAL
    assert world.share().status is ReferralStatus.COMPLETED


async def test_a_share_of_another_link_is_not_bound() -> None:
    other = builders.link(
        id=LinkId("33333333-3333-4333-8333-333333333333"),
        customer_id=CustomerId("7009"),
        code=UNKNOWN_CODE,
    )
    world = World()
    await world.set_up(
        links=[builders.link(), other], shares=[builders.referral(referral_link_id=other.id)]
    )
    await world.deliver(builders.facts())
    await world.work()
    assert world.referral_of().id == OWN_REFERRAL
    assert world.share().status is ReferralStatus.PENDING


async def test_an_order_stays_with_its_referral_when_a_better_signal_comes_late(
    world: World,
) -> None:
    bare = builders.signal(source=Source.LANDING_SITE, share=None)
    await world.deliver(builders.facts(signals=(bare,)))
    await world.work()
    await world.deliver(builders.facts(signals=(builders.signal(),)))
    await world.work()
    assert world.referral_of().id == OWN_REFERRAL
    assert world.share().status is ReferralStatus.PENDING


# One reward a friend.


@pytest.mark.parametrize("together", [True, False])
async def test_of_two_orders_of_one_friend_one_completes_and_one_is_rejected(
    world: World,
    together: bool,  # noqa: FBT001
) -> None:
    await world.deliver(builders.facts(order_id=ONE))
    if not together:
        await world.work()
    await world.deliver(builders.facts(order_id=TWO))
    await world.work()
    assert world.referral_of(ONE).status is ReferralStatus.COMPLETED
    loser = world.referral_of(TWO)
    assert (loser.status, loser.cause) == (
        *(ReferralStatus.REJECTED, Cause.FRIEND_ALREADY_REFERRED),
    )
    assert world.events() == ["referral.completed"]
    assert world.outcomes() == [Outcome.SETTLED] * 2


async def test_a_reversed_order_frees_its_friend_within_the_same_batch(world: World) -> None:
    await world.deliver(builders.facts(order_id=ONE))
    await world.work()
    cancelled = builders.facts(order_id=ONE, cancelled_at=world.clock.now())
    await world.deliver(cancelled, builders.facts(order_id=TWO))
    await world.work()
    assert world.referral_of(ONE).status is ReferralStatus.REVERSED
    assert world.referral_of(TWO).status is ReferralStatus.COMPLETED
    assert world.net_reward() == 1


async def test_an_order_that_qualifies_already_holds_the_friend(world: World) -> None:
    await world.change_program(builders.program(complete_on=CompleteOn.ORDER_PAID))
    await world.deliver(builders.facts(order_id=ONE, paid_at=None), builders.facts(order_id=TWO))
    await world.work()
    assert world.referral_of(ONE).status is ReferralStatus.QUALIFIED
    assert world.referral_of(TWO).cause is Cause.FRIEND_ALREADY_REFERRED
    assert world.events() == []


# Refusals.


async def test_a_self_referral_is_rejected_and_asks_nobody(world: World) -> None:
    await world.deliver(builders.facts(buyer=_buyer(builders.ADVOCATE)))
    await world.work()
    assert world.share().cause is Cause.SELF_REFERRAL
    assert (world.auth.asked, world.core.asked, world.events()) == ([], [], [])
    assert world.outcomes() == [Outcome.SETTLED]


async def test_a_friend_who_is_not_new_is_rejected(world: World) -> None:
    world.core.known[FRIEND] = builders.standing(frequency=2)
    await world.deliver(builders.facts())
    await world.work()
    assert world.share().cause is Cause.FRIEND_NOT_NEW
    assert world.events() == []


async def test_a_merchant_that_auth_calls_invalid_is_rejected(world: World) -> None:
    world.auth.verdicts[builders.MERCHANT] = Verdict.INVALID
    await world.deliver(builders.facts())
    await world.work()
    assert world.share().cause is Cause.MERCHANT_INACTIVE


async def test_new_facts_lift_a_refusal(world: World) -> None:
    await world.change_program(builders.program(minimum_order=7000))
    await world.deliver(builders.facts())
    await world.work()
    assert world.share().cause is Cause.BELOW_MINIMUM
    later = builders.PLACED_AT + timedelta(hours=1)
    edited = OrderSnapshot(updated_at=later, total=Money(7000, "USD"))
    await world.deliver(builders.facts(snapshot=edited))
    await world.work()
    assert (world.share().status, world.share().version) == (ReferralStatus.COMPLETED, 3)
    assert world.events() == ["referral.completed"]


# What is not ours.


@pytest.mark.parametrize(
    "signal",
    [
        builders.signal(code=UNKNOWN_CODE, share=None),
        builders.signal(code=None, share=OWN_REFERRAL),
        builders.signal(code=UNKNOWN_CODE, share=OWN_REFERRAL),
    ],
)
async def test_an_order_whose_signals_name_nothing_known_has_no_link(
    world: World, signal: Signal
) -> None:
    await world.deliver(builders.facts(signals=(signal,)))
    await world.work()
    assert world.outcomes() == [Outcome.NO_LINK]
    assert world.store.state.orders == {}
    assert world.store.state.referrals == {builders.referral().key: builders.referral()}
    assert (world.auth.asked, world.core.asked) == ([], [])


async def test_a_share_without_a_code_is_bound_too(world: World) -> None:
    await world.deliver(builders.facts(signals=(builders.signal(code=None),)))
    await world.work()
    assert world.share().status is ReferralStatus.COMPLETED


async def test_an_order_without_a_link_does_not_hold_up_the_others(world: World) -> None:
    stray = builders.facts(order_id=ONE, signals=(builders.signal(code=UNKNOWN_CODE, share=None),))
    await world.deliver(stray, builders.facts())
    await world.work()
    assert world.outcomes() == [Outcome.NO_LINK, Outcome.SETTLED]
    assert world.share().status is ReferralStatus.COMPLETED


async def test_an_order_that_another_merchant_brought_first_is_foreign(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    before = world.store.state
    shop = await _open_another_shop(world)

    await world.accept_deliveries([builders.delivery(shop_domain=shop)])
    await world.work()

    assert world.outcomes() == [Outcome.SETTLED, Outcome.FOREIGN_ORDER]
    assert world.store.state.orders == before.orders
    assert world.store.state.referrals == before.referrals
    assert world.events() == ["referral.completed"]


async def test_a_foreign_order_does_not_hold_up_the_others(world: World) -> None:
    shop = await _open_another_shop(world)
    await world.accept_deliveries([builders.delivery(shop_domain=shop)])
    await world.work()
    await world.deliver(builders.facts())
    refund = OrderFacts(order_id=TWO, refunds=(Refund(RefundId("1"), Money(1, "USD")),))
    await world.accept_deliveries([builders.delivery(shop_domain=shop, facts=refund)])
    await world.work()
    assert world.outcomes()[1:] == [Outcome.FOREIGN_ORDER, Outcome.SETTLED]


async def test_an_order_of_which_nobody_said_when_it_was_placed_waits_for_more(
    world: World,
) -> None:
    await world.deliver(builders.facts(placed_at=None))
    await world.work()
    assert (world.outcomes(), world.share()) == ([Outcome.SETTLED], builders.referral())
    await world.deliver(builders.facts())
    await world.work()
    assert world.share().status is ReferralStatus.COMPLETED


async def test_of_two_merchants_that_bring_an_order_at_once_one_gets_it(world: World) -> None:
    shop = await _open_another_shop(world)
    await world.accept_deliveries([builders.delivery(), builders.delivery(shop_domain=shop)])
    await world.work()
    assert sorted(map(str, world.outcomes())) == [Outcome.FOREIGN_ORDER, Outcome.SETTLED]
    assert len(world.store.state.orders) == 1
    assert world.events() == ["referral.completed"]


# Again, and later.


async def test_the_same_delivery_again_changes_nothing(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    before = world.store.state
    assert await world.deliver(builders.facts()) == [Receipt.REPEATED]
    assert await world.work() == 0
    assert world.store.state == before


async def test_the_same_facts_in_another_delivery_change_nothing_and_add_no_event(
    world: World,
) -> None:
    await world.deliver(builders.facts())
    await world.work()
    before = world.store.state
    world.clock.advance(timedelta(hours=1))
    assert await world.deliver(builders.facts(paid_at=None)) == [Receipt.STORED]
    assert await world.work() == 1
    assert world.store.state.referrals == before.referrals
    assert world.store.state.orders == before.orders
    assert world.store.state.outbox == before.outbox
    assert world.store.state.history == before.history


async def test_what_was_answered_once_is_not_asked_again_for_a_later_delivery(
    world: World,
) -> None:
    await world.deliver(builders.facts(), builders.facts(paid_at=None))
    await world.work()
    await world.deliver(builders.facts(cancelled_at=world.clock.now()))
    await world.work()
    assert world.auth.asked == [builders.MERCHANT]
    assert sorted(world.core.asked) == [ADVOCATE, FRIEND]


async def test_several_deliveries_of_an_order_are_worked_off_as_one(world: World) -> None:
    await world.deliver(
        builders.facts(paid_at=None), builders.facts(cancelled_at=world.clock.now())
    )
    assert await world.work() == 2
    assert (world.share().status, world.share().version) == (ReferralStatus.REVERSED, 2)
    assert world.events() == []
    assert world.outcomes() == [Outcome.SETTLED] * 2


async def test_a_cancelled_order_takes_the_reward_back(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    await world.deliver(builders.facts(cancelled_at=world.clock.now()))
    await world.work()
    assert world.share().status is ReferralStatus.REVERSED
    assert world.events() == ["referral.completed", "referral.reversed"]


async def test_a_paid_order_completes_what_waited_for_the_payment(world: World) -> None:
    await world.change_program(builders.program(complete_on=CompleteOn.ORDER_PAID))
    await world.deliver(builders.facts(paid_at=None))
    await world.work()
    assert world.share().cause is Cause.AWAITS_PAYMENT
    await world.deliver(builders.facts())
    await world.work()
    assert (world.share().status, world.share().cause) == (
        *(ReferralStatus.COMPLETED, Cause.ORDER_PAID),
    )


async def test_a_held_order_qualifies_and_is_due_when_the_hold_ends(world: World) -> None:
    hold = timedelta(days=14)
    await world.change_program(builders.program(hold=hold))
    await world.deliver(builders.facts())
    await world.work()
    assert world.share().status is ReferralStatus.QUALIFIED
    assert world.share().due_at == builders.PLACED_AT + hold
    assert world.outcomes() == [Outcome.SETTLED]


# The cache.


async def test_the_cache_forgets_the_old_status(world: World) -> None:
    await world.get_referral_status(builders.referral().key)
    await world.deliver(builders.facts())
    await world.work()
    view = await world.get_referral_status(builders.referral().key)
    assert view.status is ReferralStatus.COMPLETED
    assert await world.cache.read(builders.referral().key) == Hit(view)


async def test_the_cache_is_told_the_new_version_once_it_is_committed(world: World) -> None:
    cache = CacheThatLooks(world.store)
    await world.deliver(builders.facts())
    await attrs.evolve(world.complete_orders, cache=cache)(100)
    assert cache.seen == [({builders.referral().key: 2}, ReferralStatus.COMPLETED)]


async def test_the_durable_list_names_the_new_version_too(world: World) -> None:
    await world.deliver(builders.facts(signals=(builders.signal(share=None),)))
    await world.work()
    assert world.store.state.stale_statuses == {world.referral_of().key: 2}


async def test_what_did_not_change_is_not_invalidated(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    cache = CacheThatLooks(world.store)
    await world.deliver(builders.facts(paid_at=None))
    await attrs.evolve(world.complete_orders, cache=cache)(100)
    assert cache.seen == []


# The batch.


async def test_nothing_to_do_is_nothing_done(world: World) -> None:
    assert await world.work() == 0


async def test_no_more_than_the_limit_are_claimed(world: World) -> None:
    await world.deliver(builders.facts(order_id=ONE), builders.facts(order_id=TWO))
    assert await world.complete_orders(1) == 1
    assert world.outcomes() == [Outcome.SETTLED, None]


async def test_each_customer_is_asked_for_once_a_batch(world: World) -> None:
    await world.deliver(
        builders.facts(order_id=ONE),
        builders.facts(order_id=TWO),
        builders.facts(order_id=OrderId("3"), buyer=_buyer(OTHER_FRIEND.customer_id)),
    )
    await world.work()
    assert world.auth.asked == [builders.MERCHANT]
    assert sorted(world.core.asked) == [ADVOCATE, FRIEND, OTHER_FRIEND]


async def test_no_transaction_is_open_while_auth_and_core_are_asked(world: World) -> None:
    begin = world.store.begin
    auth = AuthThatNeedsTheStore(begin, world.auth.verdicts)
    core = CoreThatNeedsTheStore(begin, world.core.known)
    await world.deliver(builders.facts())
    assert await attrs.evolve(world.complete_orders, merchants=auth, customers=core)(100) == 1
    assert world.outcomes() == [Outcome.SETTLED]


class AuthThatNeedsTheStore(InMemoryMerchantValidator):
    """Auth, which answers only while nobody has the store for themselves."""

    def __init__(self, begin: Begin, verdicts: dict[MerchantId, Verdict]) -> None:
        super().__init__(verdicts)
        self._begin = begin

    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        """Answer within a transaction."""
        async with asyncio.timeout(1), self._begin():
            return await super().validate(merchant_ids)


class CoreThatNeedsTheStore(InMemoryCustomerValidator):
    """Core, which answers only while nobody has the store for themselves."""

    def __init__(self, begin: Begin, known: dict[CustomerKey, CustomerStanding]) -> None:
        super().__init__(known)
        self._begin = begin

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """Answer within a transaction."""
        async with asyncio.timeout(1), self._begin():
            return await super().standings(customers)


class CacheThatLooks(InMemoryStatusCache):
    """A cache that looks, when it is told of versions, how the share stands in the store."""

    def __init__(self, store: InMemoryStore) -> None:
        super().__init__()
        self._store = store
        self.seen: list[tuple[Mapping[ReferralKey, int], ReferralStatus]] = []

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Look."""
        status = self._store.state.referrals[builders.referral().key].status
        self.seen.append((versions, status))
        return await super().invalidate(versions)


def _buyer(customer_id: CustomerId) -> Buyer:
    return Buyer(updated_at=builders.PLACED_AT, customer_id=customer_id)


async def _open_another_shop(world: World) -> ShopDomain:
    """Give another merchant a shop and a link with the same code."""
    other, shop = MerchantId("other"), ShopDomain("other.myshopify.com")
    async with world.store.begin() as tx:
        await tx.programs.save(builders.program(merchant_id=other, shop_domain=shop))
        await tx.links.add(builders.link(merchant_id=other))
        await tx.commit()
    world.auth.verdicts[other] = Verdict.VALID
    for customer in (ADVOCATE, FRIEND):
        standing = world.core.known[customer]
        world.core.known[customer._replace(merchant_id=other)] = standing
    return shop
