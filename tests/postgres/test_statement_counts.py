"""A call sends as many statements for a hundred things as for two."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    LinkId,
    LinkKey,
    MerchantId,
    OrderId,
    OrderKey,
    ReferralId,
    ReferralKey,
)
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.addresses import AddressUse
from referrals_domain.ports.conversions import AdvocateDay
from referrals_domain.testing import builders
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.shop_orders import InMemoryShopOrders
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from referrals_domain.use_cases.load_docket import load_docket
from referrals_domain.use_cases.reconcile_shop import ReconcileShop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from referrals_domain.model.events import ReferralCompleted
    from referrals_domain.model.referral import Referral
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.testing.contracts.begin import Begin

NOW = builders.PLACED_AT


def _uuid(number: int) -> str:
    return f"33333333-3333-4333-8333-{number:012}"


def _referral(number: int) -> Referral:
    return builders.referral(id=ReferralId(_uuid(number)))


def _moved(number: int, status: ReferralStatus) -> Transition:
    before = _referral(number)
    after = attrs.evolve(
        before,
        status=status,
        version=2,
        order_id=OrderId(str(number)),
        referred_customer_id=CustomerId(str(number)),
    )
    return Transition(referral=after, from_status=before.status)


def _use(friend: CustomerKey) -> AddressUse:
    order = OrderKey(friend.merchant_id, OrderId(friend.customer_id))
    return AddressUse(order, builders.ADVOCATE, friend.customer_id, builders.ADDRESS)


def _event(number: int) -> ReferralCompleted:
    return builders.referral_completed(referral_id=ReferralId(_uuid(number)), occurred_at=NOW)


async def read(tx: Transaction, size: int) -> None:
    numbers = range(size)
    merchant = builders.MERCHANT
    customers = [CustomerKey(merchant, CustomerId(str(number))) for number in numbers]
    links = [LinkKey(merchant, LinkId(_uuid(number))) for number in numbers]
    referrals = [ReferralKey(merchant, ReferralId(_uuid(number))) for number in numbers]
    await tx.programs.get([merchant] * size)
    await tx.programs.by_shops([builders.SHOP] * size)
    await tx.links.by_codes([CodeKey(merchant, ReferralCode.of_number(one)) for one in numbers])
    await tx.links.get(links)
    await tx.links.lock(links)
    await tx.referrals.get(referrals)
    await tx.referrals.lock(referrals)
    await tx.conversions.by_friends(customers)
    await tx.conversions.count([AdvocateDay(one, NOW.date()) for one in customers])
    await tx.addresses.shared([_use(customer) for customer in customers])
    await tx.merchant_keys.hold([MerchantId(str(number)) for number in numbers])
    await tx.redactions.since(customers)
    await tx.outbox.first(size)
    await tx.stale_statuses.first(size)
    await tx.history.changed(after=NOW - timedelta(days=9), until=NOW, limit=size)


async def settle(tx: Transaction, size: int) -> None:
    numbers = range(size)
    keys = [OrderKey(builders.MERCHANT, OrderId(str(number))) for number in numbers]
    orders = await tx.orders.lock(keys)
    await tx.orders.save(orders.values(), at=builders.PLACED_AT)
    await tx.orders.get(keys)
    await tx.referrals.save([opened(_referral(number)) for number in numbers])
    statuses = [ReferralStatus.COMPLETED, ReferralStatus.REJECTED]
    await tx.referrals.save([_moved(number, statuses[number % 2]) for number in numbers])
    await tx.stale_statuses.add({_referral(number).key: 2 for number in numbers})
    await tx.stale_statuses.delete({_referral(number).key: 2 for number in numbers})
    await tx.outbox.add([_event(number) for number in numbers])
    entries = await tx.outbox.first(size)
    await tx.outbox.refuse(dict.fromkeys(entries, "too_large"), at=NOW)
    await tx.unpublished.retry([entry.seq for entry in entries])
    await tx.outbox.delete(entries)


async def deliver(tx: Transaction, size: int) -> None:
    numbers = range(size)
    accepted = [
        builders.accepted_delivery(facts=builders.facts(order_id=OrderId(str(number))))
        for number in numbers
    ]
    assert await tx.deliveries.add(accepted) == [True] * size
    later = accepted[0].received_at + timedelta(seconds=30)
    claimed = await tx.deliveries.claim(size, at=accepted[0].received_at, until=later)
    assert len(claimed) == size
    await tx.deliveries.defer({one.id: later for one in claimed})
    await tx.deliveries.finish({one.id: Outcome.HELD for one in claimed})
    assert len(await tx.held.all()) == size
    assert len(await tx.held.release([one.id for one in claimed], due_at=later)) == size
    bodies = [builders.unreadable_body(body=str(number).encode()) for number in numbers]
    await tx.quarantine.add(bodies)


@pytest.mark.parametrize("work", [read, settle, deliver])
async def test_the_number_of_statements_does_not_depend_on_the_size(
    begin: Begin, sent: list[str], work: Callable[[Transaction, int], Awaitable[None]]
) -> None:
    async with begin() as tx:
        sent.clear()
        await work(tx, 2)
        for_two = sent.copy()
    async with begin() as tx:
        sent.clear()
        await work(tx, 100)
        assert sent == for_two != []


@pytest.mark.parametrize("known", [True, False], ids=["known", "missing"])
async def test_a_page_of_a_sweep_takes_as_many_statements_however_many_orders_are_on_it(
    begin_with_link: Begin, sent: list[str], *, known: bool
) -> None:
    two = await _swept(begin_with_link, sent, range(2), known=known)
    hundred = await _swept(begin_with_link, sent, range(100, 200), known=known)
    assert hundred == two != []


async def test_a_page_of_known_orders_is_looked_at_and_nothing_else(
    begin_with_link: Begin, sent: list[str]
) -> None:
    statements = await _swept(begin_with_link, sent, range(100), known=True)
    tables = ["merchant_keys", "watermarks", "programs", "deliveries", "referred_orders"]
    assert [[name for name in tables if name in one][:1] for one in statements] == [
        ["programs"],
        ["watermarks"],  # how far the last sweep came
        ["merchant_keys"],
        ["deliveries"],
        ["referred_orders"],
        ["watermarks"],  # how far this one came
    ]


async def _swept(begin: Begin, sent: list[str], numbers: range, *, known: bool) -> Sequence[str]:
    """Return the statements of a sweep of a page of orders, of which half are settled if known."""
    orders = [builders.facts(order_id=OrderId(str(number + 1))) for number in numbers]
    half = len(orders) // 2
    if known:
        async with begin() as tx:
            settled = [builders.order(facts=facts) for facts in orders[:half]]
            await tx.orders.lock([order.key for order in settled])
            await tx.orders.save(settled, at=NOW)
            await tx.deliveries.add(
                [builders.accepted_delivery(facts=facts) for facts in orders[half:]]
            )
            await tx.commit()
    sweep = ReconcileShop(
        begin=begin,
        shop_orders=InMemoryShopOrders({builders.SHOP: orders}, on_a_page=len(orders)),
        accept_deliveries=AcceptDeliveries(begin=begin, intake=InMemoryIntake(begin)),
        clock=FixedClock(NOW + timedelta(hours=1)),
    )
    sent.clear()
    (drift,) = [drift async for drift in sweep(builders.SHOP)]
    assert (drift.known, len(drift.missing)) == (len(orders) * known, len(orders) * (not known))
    return sent.copy()


async def test_that_nobody_was_redacted_is_found_out_by_a_lock_and_a_look(
    begin_with_link: Begin, sent: list[str]
) -> None:
    facts = {builders.order().key: builders.facts()}
    async with begin_with_link() as tx:
        await load_docket(tx, facts, lock=True)
    ours = [one for one in sent if any(word in one for word in ("advisory", "merchant_keys"))]
    assert len(ours) == 2
    assert not any("redactions" in one for one in sent)
