"""A person who was redacted is nowhere, and nothing that comes later brings them back."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.errors import Unavailable
from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import CustomerKey, OrderKey, ReferralId, ReferralKey
from referrals_domain.model.privacy import CustomerRecord, PrivacyTopic
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import InMemoryEventPublisher
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.export_customer_data import ExportCustomerData
from referrals_domain.use_cases.publish_events import PublishEvents
from tests.order_path.path import OrderPath, Webhook, order_path
from tests.privacy.redacting import (
    ADVOCATE,
    EMAIL,
    FRIEND,
    LATER_ORDER,
    LINK,
    ORDER,
    OTHER_LINK,
    SHARE,
    asked,
    asked_about,
    bought,
    carry_out,
    changed,
    redact,
    redact_call,
    referral,
    set_up,
    tombstone,
    where,
    without_answer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.ports.event_publisher import Decided
    from referrals_domain.ports.outbox import OutboxEntry

CREATED: Final = Topic.ORDERS_CREATE
DAY: Final = timedelta(days=1)
NEXT_DAY: Final = "2026-11-21T10:15:28-05:00"
"""A day after the sample order, and after the redaction."""

LATER_KEY: Final = ReferralKey(
    builders.MERCHANT, ReferralId.of_order(builders.MERCHANT, LATER_ORDER)
)


@pytest.fixture
async def path(database: PostgresSettings) -> AsyncIterator[OrderPath]:
    async with order_path(database) as path:
        yield path


async def test_a_friend_is_a_tombstone_wherever_they_were(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    assert await where(path, FRIEND) == {"referrals", "referred_orders", "deliveries", "outbox"}
    assert await redact(path, FRIEND, ORDER) == "stored"
    assert await where(path, FRIEND) == set()
    stone = await tombstone(path, FRIEND)
    assert await where(path, stone) == {
        *("referrals", "referred_orders", "deliveries", "outbox", "redactions")
    }
    assert (await referral(path)).referred_customer_id == stone
    assert (await referral(path)).status is ReferralStatus.COMPLETED


async def test_an_advocate_is_a_tombstone_and_their_link_earns_nothing_more(
    path: OrderPath,
) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    await redact(path, ADVOCATE)
    assert await where(path, ADVOCATE) == set()
    path.world.clock.advance(DAY)
    body = bought(share=None, order_id=LATER_ORDER, created_at=NEXT_DAY, processed_at=NEXT_DAY)
    await path.post(Webhook(CREATED, body))
    await path.work(10)
    assert (await referral(path, LATER_KEY)).cause is Cause.LINK_REVOKED
    assert await where(path, ADVOCATE) == set()


async def test_while_a_share_is_pending(path: OrderPath) -> None:
    await set_up(path)
    assert await where(path, ADVOCATE) == {"referral_links", "referrals"}
    await redact(path, ADVOCATE)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    assert await where(path, ADVOCATE) == set()
    bound = await referral(path)
    assert bound.customer_id == await tombstone(path, ADVOCATE)
    assert bound.order_id == ORDER


async def test_the_receipt_counts_what_was_touched_and_names_nobody(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    await redact(path, FRIEND)
    async with path.begin() as tx:
        (receipt,) = await tx.privacy_requests.all()
    assert (receipt.customer_id, receipt.done_at) == (None, path.world.clock.now())
    assert receipt.touched == {"referrals": 1, "referred_orders": 1, "deliveries": 1, "outbox": 1}


async def test_asked_for_twice_it_is_done_once(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    answers = await path.post(*[redact_call(FRIEND, ORDER)] * 5)
    assert sorted(answers) == ["repeated"] * 4 + ["stored"]
    assert await carry_out(path) == 1
    assert await redact(path, FRIEND, ORDER) == "repeated"
    assert await carry_out(path) == 0
    assert await where(path, FRIEND) == set()


async def test_a_late_webhook_does_not_bring_them_back(path: OrderPath) -> None:
    await set_up(path)
    body = bought()
    await path.post(Webhook(CREATED, body))
    await path.work(10)
    await redact(path, FRIEND)
    late = changed(body, cancelled_at=NEXT_DAY, updated_at=NEXT_DAY)
    answers = await path.post(Webhook(CREATED, body), Webhook(Topic.ORDERS_CANCELLED, late))
    assert answers == ["repeated", "stored"]
    assert await where(path, FRIEND) == set()
    await path.work(10)
    assert await where(path, FRIEND) == set()
    assert (await referral(path)).cause is Cause.ORDER_CANCELLED
    events = [json.loads(row.payload) for row in await path.rows("SELECT payload FROM outbox")]
    stone = await tombstone(path, FRIEND)
    assert [one["referred_customer_id"] for one in events] == [stone, stone]


async def test_a_waiting_delivery_counts_for_the_tombstone_and_core_is_not_asked(
    path: OrderPath,
) -> None:
    await set_up(path)
    without_answer(path, FRIEND)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    path.world.core.asked.clear()
    await redact(path, FRIEND)
    assert await where(path, FRIEND) == set()
    path.world.clock.advance(timedelta(hours=1))
    await path.work(10)
    bound = await referral(path)
    assert (bound.status, bound.referred_customer_id) == (
        ReferralStatus.COMPLETED,
        await tombstone(path, FRIEND),
    )
    assert asked_about(path) == set()


async def test_a_held_delivery_may_be_released_afterwards(path: OrderPath) -> None:
    await set_up(path)
    without_answer(path, FRIEND)
    await path.post(Webhook(CREATED, bought()))
    path.world.clock.advance(timedelta(hours=73))
    await path.work(10)
    await redact(path, FRIEND)
    await path.work_until_done()
    assert await where(path, FRIEND) == set()
    assert (await referral(path)).status is ReferralStatus.COMPLETED


async def test_a_sweep_completes_a_hold_with_the_tombstone(path: OrderPath) -> None:
    await set_up(path, hold=DAY)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    assert (await referral(path)).cause is Cause.ON_HOLD
    await redact(path, FRIEND)
    await redact(path, ADVOCATE)
    path.world.clock.advance(2 * DAY)
    await path.sweep()
    assert (await referral(path)).status is ReferralStatus.COMPLETED
    assert await where(path, FRIEND) == await where(path, ADVOCATE) == set()


async def test_who_comes_back_is_still_referred_already(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    await redact(path, FRIEND)
    path.world.clock.advance(DAY)
    again = bought(
        OTHER_LINK, None, order_id=LATER_ORDER, created_at=NEXT_DAY, processed_at=NEXT_DAY
    )
    await path.post(Webhook(CREATED, again))
    await path.work(10)
    assert (await referral(path, LATER_KEY)).cause is Cause.FRIEND_ALREADY_REFERRED
    assert await where(path, FRIEND) == set()


async def test_who_comes_back_is_not_new_even_if_no_referral_holds_them(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    await path.post(Webhook(Topic.ORDERS_CANCELLED, changed(bought(), cancelled_at=NEXT_DAY)))
    await path.work(10)
    await redact(path, FRIEND)
    path.world.clock.advance(DAY)
    path.world.core.asked.clear()
    again = bought(
        OTHER_LINK, None, order_id=LATER_ORDER, created_at=NEXT_DAY, processed_at=NEXT_DAY
    )
    await path.post(Webhook(CREATED, again))
    await path.work(10)
    assert (await referral(path, LATER_KEY)).cause is Cause.FRIEND_NOT_NEW
    assert FRIEND not in {one.customer_id for one in asked_about(path)}
    assert await where(path, FRIEND) == set()


async def test_who_comes_back_as_an_advocate_gets_their_revoked_link(path: OrderPath) -> None:
    await set_up(path)
    await redact(path, ADVOCATE)
    await redact(path, FRIEND)
    create = CreateReferralLink(begin=path.begin, clock=path.world.clock, ids=path.world.ids)
    link = await create(merchant_id=builders.MERCHANT, customer_id=ADVOCATE)
    assert (link.id, link.customer_id) == (LINK.id, await tombstone(path, ADVOCATE))
    new = await create(merchant_id=builders.MERCHANT, customer_id=FRIEND)
    assert (new.customer_id, new.revoked_at) == (
        await tombstone(path, FRIEND),
        path.world.clock.now(),
    )
    assert await where(path, ADVOCATE) == await where(path, FRIEND) == set()


async def test_who_buys_by_their_own_link_after_both_were_redacted_refers_themselves(
    path: OrderPath,
) -> None:
    await set_up(path)
    await redact(path, ADVOCATE)
    await path.post(Webhook(CREATED, bought(share=None, buyer=ADVOCATE)))
    await path.work(10)
    own = ReferralKey(builders.MERCHANT, ReferralId.of_order(builders.MERCHANT, ORDER))
    assert (await referral(path, own)).cause is Cause.SELF_REFERRAL


async def test_what_nobody_could_read_is_deleted_if_it_mentions_them(path: OrderPath) -> None:
    await set_up(path)
    about_them = [
        b'{"customer": {"id": %s}}' % FRIEND.encode(),
        b'{"email": "JO.DOE\\u0040canary.example", ',
        b'{"phone": "\\u002b16135550142", ',
        b'{"id": %s, ' % LATER_ORDER.encode(),
    ]
    others = [b'{"customer": {"id": 9%s}}' % FRIEND.encode(), b'{"email": "ann@canary.example"']
    bodies = [Webhook(CREATED, body) for body in (*about_them, *others)]
    assert await path.post(*bodies) == ["quarantined"] * 6
    await path.post(redact_call(FRIEND, ORDER, LATER_ORDER))
    assert {row.body for row in await path.rows("SELECT body FROM quarantine")} == set(others)
    assert await where(path, EMAIL) == set()
    await carry_out(path)
    async with path.begin() as tx:
        (receipt,) = await tx.privacy_requests.all()
    assert receipt.touched == {"quarantine": 4}


async def test_addresses_of_their_orders_are_forgotten_and_a_review_goes_on(
    path: OrderPath,
) -> None:
    await set_up(path, review=True)
    first = bought(share=None, order_id=LATER_ORDER, buyer=builders.FRIEND)
    path.core_knows([builders.FRIEND], known=False)
    for body in (first, bought()):
        await path.post(Webhook(CREATED, changed(body, browser_ip="198.51.100.7")))
        await path.work(10)
    assert (await referral(path)).cause is Cause.IN_REVIEW
    key = OrderKey(builders.MERCHANT, ORDER)
    async with path.begin() as tx:
        address = (await tx.orders.get([key]))[key].facts.address
    assert address
    await redact(path, FRIEND)
    again = changed(bought(), browser_ip="198.51.100.7", updated_at=NEXT_DAY)
    await path.post(Webhook(Topic.ORDERS_PAID, again))
    await path.work(10)
    async with path.begin() as tx:
        order = (await tx.orders.get([key]))[key]
    assert order.facts.address is None
    assert (await referral(path)).cause is Cause.IN_REVIEW


async def test_a_cached_status_of_theirs_is_dropped(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    async with path.begin() as tx:
        await tx.stale_statuses.delete({SHARE.key: 99})
        await tx.commit()
    await redact(path, FRIEND)
    async with path.begin() as tx:
        assert await tx.stale_statuses.first(9) == {SHARE.key: 2}


async def test_an_event_that_is_being_published_is_published_once(path: OrderPath) -> None:
    """The relay has read it already, as it was; what waits behind it has the tombstone."""
    await set_up(path)
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)

    class Redacting(InMemoryEventPublisher):
        async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
            if not self.log:
                late = changed(bought(), cancelled_at=NEXT_DAY, updated_at=NEXT_DAY)
                await path.post(Webhook(Topic.ORDERS_CANCELLED, late))
                await path.work(10)
                await redact(path, FRIEND)
            return await super().publish(entries)

    broker = Redacting()
    publish = PublishEvents(begin=path.begin, publisher=broker, clock=path.world.clock)
    while await publish(1):
        pass
    assert [entry.type for entry in broker.log] == ["referral.completed", "referral.reversed"]
    stone = await tombstone(path, FRIEND)
    assert json.loads(broker.log[1].payload)["referred_customer_id"] == stone
    assert await where(path, FRIEND) == set()


async def test_a_redaction_that_was_cut_off_is_done_by_the_next_worker(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(CREATED, bought()), redact_call(FRIEND))
    await path.work(10)

    class CutOff(PostgresTransaction):
        async def commit(self) -> None:
            raise Unavailable("cut off")

    with pytest.raises(Unavailable):
        await carry_out(path, partial(CutOff, path.pool))
    assert "privacy_requests" in await where(path, FRIEND)
    assert await where(path, "redacted-") == set()
    await carry_out(path)
    assert await where(path, FRIEND) == set()


async def test_a_data_request_that_was_not_answered_in_time_is_moot(path: OrderPath) -> None:
    await set_up(path)
    call = Webhook(PrivacyTopic.CUSTOMERS_DATA_REQUEST, asked(FRIEND, data_request={"id": 9999}))
    assert await path.post(call) == ["stored"]
    assert await path.post(call) == ["repeated"]
    assert await carry_out(path) == 0
    assert await where(path, FRIEND) == {"privacy_requests"}
    await redact(path, FRIEND)
    assert await where(path, FRIEND) == set()
    export = ExportCustomerData(begin=path.begin, clock=path.world.clock)
    customer = CustomerKey(builders.MERCHANT, FRIEND)
    assert await export(customer) == CustomerRecord(customer=customer)
