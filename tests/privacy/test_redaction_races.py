"""Work that is under way when a person is redacted does not bring them back."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.delivery import Topic
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import InMemoryCustomerValidator
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.share_links import Share, ShareLinks
from tests.order_path.path import OrderPath, Webhook, order_path
from tests.privacy.redacting import (
    ADVOCATE,
    FRIEND,
    LINK,
    SHARE,
    bought,
    carry_out,
    redact,
    redact_call,
    referral,
    set_up,
    tombstone,
    where,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Collection, Coroutine, Mapping

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerId, CustomerKey

A_WHILE = 0.2
"""Seconds in which somebody who need not wait is done many times over."""


@pytest.fixture
async def path(database: PostgresSettings) -> AsyncIterator[OrderPath]:
    async with order_path(database) as path:
        yield path


@attrs.define
class Pause:
    """A place where somebody stops until they are let go."""

    reached: asyncio.Event = attrs.field(factory=asyncio.Event)
    over: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def stop(self) -> None:
        self.reached.set()
        await self.over.wait()


class PausedBeforeCommit(PostgresTransaction):
    """A transaction that has written all of it and stops, at its first commit or its second."""

    def __init__(self, pool: Pool, pause: Pause, commits: list[None]) -> None:
        super().__init__(pool)
        self._pause, self._commits = pause, commits

    async def commit(self) -> None:
        self._commits.pop()
        if not self._commits:
            await self._pause.stop()
        await super().commit()


def paused(path: OrderPath, pause: Pause, *, commits: int) -> partial[PausedBeforeCommit]:
    """Return what begins transactions, of which one stops before its commit."""
    return partial(PausedBeforeCommit, path.workers_pools[0], pause, [None] * commits)


async def race(
    pause: Pause, work: Coroutine[None, None, object], other: Awaitable[object]
) -> None:
    """Have work stop at its pause; check that the other one waits for it, and let both end."""
    working = asyncio.create_task(work)
    await pause.reached.wait()
    waiting = asyncio.ensure_future(other)
    await asyncio.wait({waiting}, timeout=A_WHILE)
    assert not waiting.done()
    pause.over.set()
    await asyncio.gather(working, waiting)


async def test_a_redaction_waits_for_an_order_between_its_check_and_its_commit(
    path: OrderPath,
) -> None:
    await set_up(path)
    await path.post(Webhook(Topic.ORDERS_CREATE, bought()), redact_call(FRIEND))
    pause = Pause()
    complete = attrs.evolve(path.world.complete_orders, begin=paused(path, pause, commits=2))
    await race(pause, complete(10), carry_out(path))
    await assert_redacted(path, FRIEND)
    assert (await referral(path)).status is ReferralStatus.COMPLETED


async def test_an_order_waits_for_a_redaction_and_then_knows_of_it(path: OrderPath) -> None:
    await set_up(path)
    await path.post(Webhook(Topic.ORDERS_CREATE, bought()), redact_call(FRIEND))
    asking, pause = Asking(path.world.core.known), Pause()
    complete = attrs.evolve(path.world.complete_orders, begin=path.begin, customers=asking)
    completing = asyncio.create_task(complete(10))
    await asking.pause.reached.wait()
    redacting = carry_out(path, paused(path, pause, commits=1))

    async def settle() -> None:
        asking.pause.over.set()
        await completing

    await race(pause, redacting, settle())
    await assert_redacted(path, FRIEND)
    assert (await referral(path)).status is ReferralStatus.COMPLETED


@pytest.mark.parametrize("customer_id", [FRIEND, ADVOCATE])
async def test_who_is_redacted_while_core_is_asked_about_them(
    path: OrderPath, customer_id: CustomerId
) -> None:
    """The worker has the order as it was, and then an answer about somebody who is gone."""
    await set_up(path)
    await path.post(Webhook(Topic.ORDERS_CREATE, bought()))
    asking = Asking(path.world.core.known)
    complete = attrs.evolve(path.world.complete_orders, begin=path.begin, customers=asking)
    completing = asyncio.create_task(complete(10))
    await asking.pause.reached.wait()
    await redact(path, customer_id)
    asking.pause.over.set()
    await completing
    await assert_redacted(path, customer_id)
    assert (await referral(path)).status is ReferralStatus.COMPLETED


async def test_what_core_answers_about_them_meanwhile_still_counts(path: OrderPath) -> None:
    await set_up(path)
    path.core_knows([FRIEND], first_order_time=builders.SHARED_AT)
    await path.post(Webhook(Topic.ORDERS_CREATE, bought()))
    asking = Asking(path.world.core.known)
    complete = attrs.evolve(path.world.complete_orders, begin=path.begin, customers=asking)
    completing = asyncio.create_task(complete(10))
    await asking.pause.reached.wait()
    await redact(path, FRIEND)
    asking.pause.over.set()
    await completing
    await assert_redacted(path, FRIEND)
    assert (await referral(path)).cause is Cause.FRIEND_NOT_NEW


async def test_a_webhook_that_is_being_stored_is_redacted_too(path: OrderPath) -> None:
    await set_up(path)
    await path.post(redact_call(FRIEND))
    pause = Pause()
    accept = attrs.evolve(path.world.accept_deliveries, begin=paused(path, pause, commits=1))
    delivery = builders.delivery(facts=Webhook(Topic.ORDERS_CREATE, bought()).facts)
    await race(pause, accept([delivery]), carry_out(path))
    await assert_redacted(path, FRIEND)


async def test_a_share_that_is_being_opened_is_redacted_too(path: OrderPath) -> None:
    await set_up(path)
    await path.post(redact_call(ADVOCATE))
    pause, world = Pause(), path.world
    share = ShareLinks(begin=paused(path, pause, commits=1), clock=world.clock, ids=world.ids)
    assert SHARE.channel
    await race(pause, share([Share(link=LINK.key, channel=SHARE.channel)]), carry_out(path))
    await assert_redacted(path, ADVOCATE)


async def test_a_link_that_is_being_created_is_redacted_too(path: OrderPath) -> None:
    await set_up(path)
    await path.post(redact_call(FRIEND))
    pause, world = Pause(), path.world
    create = CreateReferralLink(
        begin=paused(path, pause, commits=1), clock=world.clock, ids=world.ids
    )
    creating = create(merchant_id=builders.MERCHANT, customer_id=FRIEND)
    await race(pause, creating, carry_out(path))
    await assert_redacted(path, FRIEND)


async def test_twenty_workers_and_orders_and_redactions_at_once(
    path: OrderPath, database: PostgresSettings
) -> None:
    await set_up(path)
    await path.post(Webhook(Topic.ORDERS_CREATE, bought()))
    await path.post(redact_call(FRIEND), redact_call(ADVOCATE))
    async with open_pool(database, connections=20) as pool:
        begin = partial(PostgresTransaction, pool)
        complete = attrs.evolve(path.world.complete_orders, begin=begin)
        carrying = [carry_out(path, begin) for _ in range(10)]
        await asyncio.gather(*carrying, *(complete(10) for _ in range(10)))
    await path.work_until_done()
    await assert_redacted(path, FRIEND)
    await assert_redacted(path, ADVOCATE)


@attrs.define
class Asking(InMemoryCustomerValidator):
    """Core, which takes its time."""

    pause: Pause = attrs.field(factory=Pause)

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        await self.pause.stop()
        return await super().standings(customers)


async def assert_redacted(path: OrderPath, customer_id: CustomerId) -> None:
    assert await where(path, customer_id) == set()
    assert len(await where(path, await tombstone(path, customer_id))) > 1
