"""A shop that asks for it is forgotten, and what comes late is none of ours."""

from __future__ import annotations

import json
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.postgres.tables import metadata
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.errors import NotFound, Stale, Unavailable
from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.model.privacy import PrivacyKind, PrivacyTopic
from referrals_domain.model.referral import Cause
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import InMemoryCustomerValidator
from referrals_domain.use_cases.count_visits import CountVisits
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.export_customer_data import ExportCustomerData
from referrals_domain.use_cases.switch_program_off import SwitchProgramOff
from tests.order_path.path import OrderPath, Webhook, order_path
from tests.privacy.redacting import (
    ADVOCATE,
    FRIEND,
    LINK,
    SHARE,
    asked,
    bought,
    carry_out,
    redact,
    redact_call,
    referral,
    set_up,
    where,
    without_answer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.evidence import CustomerStanding

CREATED: Final = Topic.ORDERS_CREATE
SHOP_REDACT: Final = Webhook(
    PrivacyTopic.SHOP_REDACT,
    json.dumps({"shop_id": 954889, "shop_domain": builders.SHOP}).encode(),
)


@pytest.fixture
async def path(database: PostgresSettings) -> AsyncIterator[OrderPath]:
    async with order_path(database) as path:
        yield path


async def test_nothing_stays_of_a_shop_but_the_receipt(path: OrderPath) -> None:
    await set_up(path)
    await _live(path)
    assert await path.post(SHOP_REDACT) == ["stored"]
    await carry_out(path)
    await attrs.evolve(path.world.drain_stale_statuses, begin=path.begin)(10)
    assert await _tables_with_rows(path) == {"privacy_requests"}
    async with path.begin() as tx:
        (receipt,) = await tx.privacy_requests.all()
    assert (receipt.kind, receipt.customer_id) == (PrivacyKind.SHOP_REDACT, None)
    assert receipt.done_at == path.world.clock.now()
    assert receipt.touched == {
        "quarantine": 1,
        "programs": 1,
        "merchant_keys": 1,
        "redactions": 1,
        "referral_links": 2,
        "referrals": 1,
        "referral_history": 2,
        "referred_orders": 1,
        "deliveries": 1,
        "outbox": 1,
        "privacy_requests": 1,
    }


async def test_a_late_webhook_is_of_no_shop_that_we_know(path: OrderPath) -> None:
    await set_up(path)
    await path.post(SHOP_REDACT)
    await carry_out(path)
    data_request = asked(FRIEND, data_request={"id": 1})
    late = [
        Webhook(CREATED, bought()),
        redact_call(FRIEND),
        Webhook(PrivacyTopic.CUSTOMERS_DATA_REQUEST, data_request),
        SHOP_REDACT,
        Webhook(PrivacyTopic.APP_UNINSTALLED, _uninstalled()),
    ]
    assert await path.post(*late) == ["no_program"] * 5
    assert await where(path, FRIEND) == set()
    assert len(await path.rows("SELECT id FROM privacy_requests")) == 1


async def test_work_that_was_under_way_leaves_nothing(path: OrderPath) -> None:
    """The worker has a claim, the tally visits, a frontend a wish; the shop is gone."""
    await set_up(path)
    without_answer(path, FRIEND)
    await path.post(Webhook(CREATED, bought()))

    class ShopLeaves(InMemoryCustomerValidator):
        async def standings(
            self, customers: Collection[CustomerKey]
        ) -> Mapping[CustomerKey, CustomerStanding]:
            await path.post(SHOP_REDACT)
            await carry_out(path)
            return await super().standings(customers)

    complete = attrs.evolve(path.world.complete_orders, begin=path.begin, customers=ShopLeaves())
    await complete(10)
    day = path.world.clock.now().date()
    visit = Visit(link=LINK.key, share=SHARE.id, channel=SHARE.channel, day=day)
    await CountVisits(begin=path.begin)({visit: 1})
    create = CreateReferralLink(begin=path.begin, clock=path.world.clock, ids=path.world.ids)
    with pytest.raises(NotFound):
        await create(merchant_id=builders.MERCHANT, customer_id=FRIEND)
    export = ExportCustomerData(begin=path.begin, clock=path.world.clock)
    with pytest.raises(NotFound):
        await export(CustomerKey(builders.MERCHANT, FRIEND))
    await attrs.evolve(path.world.drain_stale_statuses, begin=path.begin)(10)
    assert await _tables_with_rows(path) == {"privacy_requests"}


async def test_a_shop_that_came_back_can_ask_again(path: OrderPath) -> None:
    await set_up(path)
    for _ in range(2):
        assert await path.post(SHOP_REDACT, SHOP_REDACT) in (
            ["stored", "repeated"],
            ["repeated", "stored"],
        )
        await carry_out(path)
        async with path.begin() as tx:
            await tx.programs.save(builders.program())
            await tx.commit()
    assert len(await path.rows("SELECT id FROM privacy_requests")) == 1


async def test_a_step_that_was_cut_off_is_done_by_the_next_worker(path: OrderPath) -> None:
    await set_up(path)
    await _live(path)
    await path.post(SHOP_REDACT)
    committed: list[None] = []

    class CutOff(PostgresTransaction):
        async def commit(self) -> None:
            if committed:
                raise Unavailable("cut off")
            await super().commit()
            committed.append(None)

    with pytest.raises(Unavailable):
        await carry_out(path, partial(CutOff, path.pool))
    assert "programs" not in await _tables_with_rows(path)
    await carry_out(path)
    await attrs.evolve(path.world.drain_stale_statuses, begin=path.begin)(10)
    assert await _tables_with_rows(path) == {"privacy_requests"}


async def test_a_redaction_that_waited_behind_a_shops_is_moot(path: OrderPath) -> None:
    await set_up(path)
    await path.post(SHOP_REDACT)
    path.world.clock.advance(builders.program().window)
    await path.post(redact_call(FRIEND))
    await carry_out(path)
    assert [row.kind for row in await path.rows("SELECT kind FROM privacy_requests")] == [
        "shop_redact"
    ]


async def test_a_shop_that_uninstalled_the_app_earns_nobody_anything(path: OrderPath) -> None:
    await set_up(path)
    calls = [Webhook(PrivacyTopic.APP_UNINSTALLED, _uninstalled())] * 5
    assert sorted(await path.post(*calls)) == ["repeated"] * 4 + ["stored"]
    await path.post(Webhook(CREATED, bought()))
    await path.work(10)
    assert (await referral(path)).cause is Cause.MERCHANT_INACTIVE
    async with path.begin() as tx:
        program = (await tx.programs.get([builders.MERCHANT]))[builders.MERCHANT]
    assert (program.active, program.version) == (False, 2)


@pytest.mark.parametrize(("times", "is_off"), [(4, True), (5, False)])
async def test_a_program_that_is_put_meanwhile_is_switched_off_all_the_same(
    path: OrderPath, *, times: int, is_off: bool
) -> None:
    await set_up(path)
    left = [None] * times

    class PutMeanwhile(PostgresTransaction):
        async def commit(self) -> None:
            if left:
                left.pop()
                raise Stale("somebody else put it")
            await super().commit()

    switch_off = SwitchProgramOff(begin=partial(PutMeanwhile, path.pool))
    with nullcontext() if is_off else pytest.raises(Unavailable):
        await switch_off(builders.SHOP, builders.SHOP)
    async with path.begin() as tx:
        program = (await tx.programs.get([builders.MERCHANT]))[builders.MERCHANT]
    assert program.active is not is_off


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (PrivacyTopic.SHOP_REDACT, b'{"shop_domain": "other.myshopify.com"}'),
        (PrivacyTopic.SHOP_REDACT, b"{}"),
        (PrivacyTopic.APP_UNINSTALLED, b'{"myshopify_domain": "other.myshopify.com"}'),
        (PrivacyTopic.CUSTOMERS_REDACT, b'{"shop_domain": "acme.myshopify.com"}'),
        (
            PrivacyTopic.CUSTOMERS_DATA_REQUEST,
            b'{"shop_domain": "acme.myshopify.com", "customer": {"id": 1}}',
        ),
    ],
)
async def test_what_names_another_shop_or_cannot_be_read_goes_to_the_quarantine(
    path: OrderPath, topic: PrivacyTopic, body: bytes
) -> None:
    await set_up(path)
    assert await path.post(Webhook(topic, body)) == ["quarantined"]
    assert await path.rows("SELECT id FROM privacy_requests") == []
    async with path.begin() as tx:
        assert (await tx.programs.get([builders.MERCHANT]))[builders.MERCHANT].active


async def _live(path: OrderPath) -> None:
    """Have an order complete, a body be unreadable, and a customer be redacted."""
    await path.post(Webhook(CREATED, bought()), Webhook(CREATED, b"{"))
    await path.work(10)
    await redact(path, ADVOCATE)


async def _tables_with_rows(path: OrderPath) -> set[str]:
    return {
        table.name
        for table in metadata.sorted_tables
        if await path.rows(f"SELECT 1 FROM {table.name} LIMIT 1")  # noqa: S608
    }


def _uninstalled() -> bytes:
    return json.dumps({"id": 954889, "myshopify_domain": builders.SHOP}).encode()
