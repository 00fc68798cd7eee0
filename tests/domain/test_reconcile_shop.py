"""A sweep finds what Shopify never delivered, and changes nothing where nothing is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from referrals_domain.errors import NotFound, Unauthenticated, Unavailable
from referrals_domain.model.delivery import DeliverySource, Topic
from referrals_domain.model.identifiers import OrderId, RefundId, ShopDomain
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund
from referrals_domain.model.reconciliation import (
    FIRST_OVERLAP,
    MOST_IN_A_PART,
    ON_THEIR_WAY,
    OVERLAP,
    Drift,
    Lack,
    MissingOrder,
)
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders
from referrals_domain.testing.memory.shop_orders import InMemoryShopOrders
from referrals_domain.use_cases.reconcile_shop import ReconcileShop
from tests.domain.test_redacted_customers import redact
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.ports.shop_orders import OrderPage

TOTAL: Final = Money(6710, "USD")
LESS: Final = Refund(RefundId("1"), Money(100, "USD"))
MORE: Final = Refund(RefundId("1"), Money(200, "USD"))
PAID: Final = builders.PLACED_AT + timedelta(minutes=5)
FOUR: Final = [OrderId(str(number)) for number in (1, 2, 3, 4)]


@pytest.fixture
async def world() -> World:
    """Return a world an hour after the orders were placed."""
    world = World()
    await world.set_up()
    world.clock.advance(timedelta(hours=1))
    return world


async def test_orders_that_never_came_are_taken_in_and_complete_their_referral(
    world: World,
) -> None:
    lost = builders.facts()
    drift = await _sweep(world, lost)
    assert drift == _drift(
        world, found=1, missing=(MissingOrder(order_id=lost.order_id, lack=Lack.ORDER),)
    )
    (stored,) = world.store.state.deliveries.values()
    assert stored.accepted.source is DeliverySource.RECONCILE
    assert stored.accepted.topic is Topic.ORDERS_CREATE
    await world.work()
    assert world.share().status is ReferralStatus.COMPLETED
    assert world.events() == ["referral.completed"]


async def test_to_sweep_what_came_changes_nothing(world: World) -> None:
    orders = [builders.facts(order_id=id_) for id_ in FOUR]
    await world.deliver(*orders)
    await world.work()
    before = world.store.state
    drift = await _sweep(world, *orders)
    assert drift == _drift(world, found=4, known=4)
    assert attrs.evolve(world.store.state, watermarks={}) == before


async def test_it_is_no_dry_run_unless_it_is_said_to_be(world: World) -> None:
    sweep = _reconcile(world, InMemoryShopOrders({builders.SHOP: [builders.facts()]}))
    assert [len(drift.missing) async for drift in sweep(builders.SHOP)][-1] == 1
    assert len(world.store.state.deliveries) == 1


async def test_what_is_kept_of_a_friend_who_was_redacted_came(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    await redact(world, builders.FRIEND, at=world.clock.now())
    tagged = builders.facts(
        snapshot=OrderSnapshot(updated_at=PAID, total=TOTAL),
        buyer=Buyer(updated_at=PAID, customer_id=builders.FRIEND),
    )
    assert await _sweep(world, tagged) == _drift(world, found=1, known=1)


async def test_what_was_settled_and_what_waits_came_together(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    world.store.state.deliveries.clear()  # forgotten since
    await world.deliver(OrderFacts(order_id=builders.ORDER, refunds=(LESS,)))
    drift = await _sweep(world, builders.facts(refunds=[LESS]))
    assert drift == _drift(world, found=1, known=1)


async def test_what_waits_for_a_worker_came(world: World) -> None:
    await world.deliver(builders.facts())
    assert await _sweep(world, builders.facts()) == _drift(world, found=1, known=1)


async def test_what_happened_to_a_known_order_since_is_found(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    cancelled = builders.facts(cancelled_at=builders.PLACED_AT + timedelta(minutes=5))
    drift = await _sweep(world, cancelled)
    assert drift.missing == (MissingOrder(order_id=builders.ORDER, lack=Lack.CANCELLATION),)
    await world.work()
    assert world.share().status is ReferralStatus.REVERSED


@pytest.mark.parametrize(
    ("changes", "lack"),
    [
        ({}, None),
        ({"paid_at": PAID}, Lack.PAYMENT),
        ({"paid_at": PAID, "refunds": [MORE]}, Lack.REFUND),
        ({"paid_at": PAID, "refunds": [MORE], "cancelled_at": PAID}, Lack.CANCELLATION),
        ({"refunds": [attrs.evolve(LESS, id=RefundId("2"))]}, Lack.REFUND),
        ({"test": True}, Lack.CHANGE),
        ({"buyer": Buyer(updated_at=PAID, customer_id=builders.ADVOCATE)}, Lack.CHANGE),
        ({"signals": [builders.signal(source=Source.LANDING_SITE)]}, Lack.CHANGE),
    ],
)
async def test_it_tells_what_of_an_order_had_not_come(
    world: World, changes: dict[str, Any], lack: Lack | None
) -> None:
    unpaid = builders.facts(paid_at=None, refunds=[LESS])
    await world.deliver(unpaid)
    drift = await _sweep(world, attrs.evolve(unpaid, **changes))
    assert [one.lack for one in drift.missing] == ([lack] if lack else [])


async def test_of_an_order_of_which_a_refund_came_only_the_order_is_missing(world: World) -> None:
    await world.deliver(OrderFacts(order_id=builders.ORDER, refunds=(LESS,)))
    drift = await _sweep(world, builders.facts(refunds=(LESS,)))
    assert drift.missing == (MissingOrder(order_id=builders.ORDER, lack=Lack.ORDER),)


async def test_that_a_refund_came_makes_an_order_without_a_signal_none_of_ours(
    world: World,
) -> None:
    await world.deliver(OrderFacts(order_id=builders.ORDER, refunds=(LESS,)))
    before = world.store.state.deliveries
    drift = await _sweep(world, builders.facts(signals=(), refunds=(LESS,)))
    assert drift == _drift(world, found=1, without_signal=1)
    assert world.store.state.deliveries == before


async def test_what_happened_to_a_known_order_is_found_even_if_it_lost_its_signals(
    world: World,
) -> None:
    await world.deliver(builders.facts())
    cancelled = builders.facts(signals=(), cancelled_at=builders.PLACED_AT)
    assert len((await _sweep(world, cancelled)).missing) == 1


async def test_that_a_known_order_changed_in_what_is_not_kept_is_nothing_new(
    world: World,
) -> None:
    await world.deliver(builders.facts())
    await world.work()
    tagged = _changed(builders.ORDER, builders.PLACED_AT + timedelta(minutes=30))
    assert await _sweep(world, tagged) == _drift(world, found=1, known=1)
    later = builders.PLACED_AT + timedelta(minutes=40)
    dearer = _changed(builders.ORDER, later, Money(6810, "USD"))
    assert len((await _sweep(world, dearer)).missing) == 1


async def test_orders_without_a_signal_are_counted_and_not_stored(world: World) -> None:
    drift = await _sweep(world, builders.facts(signals=(), cancelled_at=builders.PLACED_AT))
    assert drift == _drift(world, found=1, without_signal=1)
    assert world.store.state.deliveries == {}


async def test_what_nobody_can_read_is_told(world: World) -> None:
    shop = InMemoryShopOrders({builders.SHOP: []}, unreadable=(OrderId("9"),))
    drift = await _sweep(world, shop=shop)
    assert drift == _drift(world, found=1, unreadable=(OrderId("9"),))


async def test_a_dry_run_tells_the_same_and_changes_nothing(world: World) -> None:
    before = world.store.state
    told = await _sweep(world, builders.facts(), dry_run=True)
    assert world.store.state == before
    assert told == await _sweep(world, builders.facts())


async def test_it_tells_how_far_it_has_come_after_each_page(world: World) -> None:
    orders = [builders.facts(order_id=id_) for id_ in FOUR]
    sweep = _reconcile(world, InMemoryShopOrders({builders.SHOP: orders}))
    assert [drift.found async for drift in sweep(builders.SHOP)] == [2, 4]


# From when until when.


async def test_the_first_sweep_looks_back_for_more_than_a_day(world: World) -> None:
    now = world.clock.now()
    early = _changed(FOUR[0], now - ON_THEIR_WAY - FIRST_OVERLAP)
    too_early = _changed(FOUR[1], now - ON_THEIR_WAY - FIRST_OVERLAP - timedelta(seconds=1))
    drift = await _sweep(world, early, too_early)
    assert [one.order_id for one in drift.missing] == [FOUR[0]]


async def test_the_next_one_begins_an_hour_before_the_last_one_ended(world: World) -> None:
    first = await _sweep(world)
    world.clock.advance(timedelta(hours=5))
    assert (await _sweep(world)).since == first.until - OVERLAP


async def test_what_changed_a_moment_ago_may_be_on_its_way(world: World) -> None:
    late = _changed(FOUR[0], world.clock.now() - ON_THEIR_WAY + timedelta(seconds=1))
    assert (await _sweep(world, late)).found == 0
    world.clock.advance(ON_THEIR_WAY)
    assert len((await _sweep(world, late)).missing) == 1


@pytest.mark.parametrize(
    ("behind", "found"), [(timedelta(hours=1), 1), (timedelta(hours=1, seconds=1), 0)]
)
async def test_orders_are_found_though_shopifys_clock_is_an_hour_behind_ours(
    world: World, behind: timedelta, found: int
) -> None:
    first = await _sweep(world)
    world.clock.advance(timedelta(hours=2))
    placed_then = _changed(FOUR[0], first.until - behind)  # by that clock
    assert len((await _sweep(world, placed_then)).missing) == found


async def test_orders_are_found_once_our_clock_is_where_shopifys_was(world: World) -> None:
    ahead = timedelta(hours=3)
    placed_now = _changed(FOUR[0], world.clock.now() + ahead)
    found = []
    for _ in range(4):
        found.append(len((await _sweep(world, placed_now)).missing))
        world.clock.advance(timedelta(hours=1) + ON_THEIR_WAY / 3)
    assert found == [0, 0, 0, 1]


async def test_a_sweep_that_is_broken_off_is_begun_again_where_it_began(world: World) -> None:
    orders = [builders.facts(order_id=id_) for id_ in FOUR]
    away = InMemoryShopOrders({builders.SHOP: orders}, pages_until_away=1)
    with pytest.raises(Unavailable):
        await _sweep(world, shop=away)
    assert world.store.state.watermarks == {}
    drift = await _sweep(world, *orders)
    assert (drift.known, len(drift.missing)) == (2, 2)


async def test_more_orders_than_shopify_shows_are_swept_in_parts(world: World) -> None:
    at = world.clock.now() - timedelta(hours=20)
    orders = [
        _changed(OrderId(str(n + 1)), at + timedelta(seconds=n // 2))
        for n in range(2 * MOST_IN_A_PART + 10)
    ]
    shop = InMemoryShopOrders({builders.SHOP: orders}, on_a_page=5_000)
    drift = await _sweep(world, shop=shop, dry_run=True)
    assert (drift.counted, drift.found) == (len(orders), len(orders))
    assert {one.order_id for one in drift.missing} == {one.order_id for one in orders}


@attrs.define
class CrowdedShop(InMemoryShopOrders):
    """A shop in each of whose seconds more changes than a part may hold."""

    async def count(self, shop: ShopDomain, *, since: datetime, until: datetime) -> int:
        """Count many more."""
        return MOST_IN_A_PART + 1 + await super().count(shop, since=since, until=until)

    async def changed(
        self, shop: ShopDomain, *, since: datetime, until: datetime, page: str | None = None
    ) -> OrderPage:
        """Return the first page, which has no name."""
        assert page is None
        return await super().changed(shop, since=since, until=until, page=page)


async def test_a_second_is_not_divided_whatever_happened_in_it(world: World) -> None:
    shop = CrowdedShop({builders.SHOP: [builders.facts()]})
    second = world.clock.now() - ON_THEIR_WAY - timedelta(seconds=1)
    drift = await _sweep(world, shop=shop, since=second, dry_run=True)
    assert drift.counted == MOST_IN_A_PART + 1


async def test_a_part_that_is_done_is_not_swept_again(world: World) -> None:
    until = world.clock.now() - ON_THEIR_WAY
    early = [_changed(OrderId("1"), until - timedelta(hours=20))] * MOST_IN_A_PART
    late = [_changed(OrderId("2"), until - timedelta(hours=2))] * 5_000
    away = InMemoryShopOrders({builders.SHOP: early + late}, on_a_page=5_000, pages_until_away=4)
    with pytest.raises(Unavailable):
        await _sweep(world, shop=away)
    assert world.store.state.watermarks == {builders.MERCHANT: until - FIRST_OVERLAP / 2}


async def test_only_a_sweep_of_the_usual_time_moves_the_watermark(world: World) -> None:
    since = world.clock.now() - timedelta(days=30)
    drift = await _sweep(world, _changed(FOUR[0], since), since=since)
    assert (drift.since, len(drift.missing)) == (since, 1)
    assert world.store.state.watermarks == {}


# Whose.


async def test_a_shop_without_a_program_is_not_swept(world: World) -> None:
    with pytest.raises(NotFound, match=r"^the shop has no program$"):
        await _sweep(world, of=ShopDomain("other.myshopify.com"))


async def test_a_shop_that_gave_no_access_is_not_swept(world: World) -> None:
    with pytest.raises(Unauthenticated):
        await _sweep(world, shop=InMemoryShopOrders())
    assert world.store.state.watermarks == {}


async def _sweep(
    world: World,
    *orders: OrderFacts,
    shop: InMemoryShopOrders | None = None,
    of: ShopDomain = builders.SHOP,
    since: datetime | None = None,
    dry_run: bool = False,
) -> Drift:
    sweep = _reconcile(world, shop or InMemoryShopOrders({of: list(orders)}))
    return [drift async for drift in sweep(of, since=since, dry_run=dry_run)][-1]


def _reconcile(world: World, shop: InMemoryShopOrders) -> ReconcileShop:
    return ReconcileShop(
        begin=world.store.begin,
        shop_orders=shop,
        accept_deliveries=world.accept_deliveries,
        clock=world.clock,
    )


def _changed(order_id: OrderId, at: datetime, total: Money = TOTAL) -> OrderFacts:
    snapshot = OrderSnapshot(updated_at=at, total=total)
    return builders.facts(order_id=order_id, snapshot=snapshot)


def _drift(world: World, **found: Any) -> Drift:
    until = world.clock.now() - ON_THEIR_WAY
    drift = Drift(shop_domain=builders.SHOP, since=until - FIRST_OVERLAP, until=until)
    return attrs.evolve(drift, counted=found["found"], **found)
