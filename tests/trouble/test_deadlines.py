"""Callers who leave at any moment: no connection is lost, no answer goes astray, none is half."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs
import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.postgres.reading import READS_AT_ONCE
from referrals_domain.testing.builders import MERCHANT
from tests.trouble.ground import (
    AMPLE,
    TOKEN,
    Frontend,
    Ground,
    code_of,
    connected,
    killed,
    locked,
)
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS: Final = 600
IN_NO_HURRY: Final = 10
"""Each tenth caller has time: theirs are the answers that would be mixed up."""

AT_A_TIME: Final = 40
CALLS_AT_ONCE: Final = 10
"""The connections of the service for all that is not a status."""

GIVEN_AWAY: Final = """
    UPDATE referrals SET updated_at = opened_at + number * interval '1 second'
    FROM unnest($1::uuid[]) WITH ORDINALITY AS shared (id, number) WHERE referrals.id = shared.id
    RETURNING referrals.id::text, updated_at
"""
HALVES: Final = """
    SELECT count(*) FROM referrals r
    FULL JOIN (SELECT * FROM referral_history WHERE version = 1) h
    ON (r.merchant_id, r.id) = (h.merchant_id, h.referral_id)
    FULL JOIN stale_statuses s ON (r.merchant_id, r.id) = (s.merchant_id, s.referral_id)
    WHERE r.id IS NULL OR h.referral_id IS NULL OR s.referral_id IS NULL
"""


@attrs.frozen(kw_only=True)
class Crowd:
    """
    Callers who ask for many different things.

    Args:
        frontend: What they call.
        links: The link of each advocate.
        statuses: When each referral came to be as it is, which tells them apart.
        chance: Decides who leaves when.
    """

    frontend: Frontend
    links: dict[str, str]
    statuses: dict[str, Timestamp]
    chance: random.Random
    shared: dict[str, str] = attrs.field(factory=dict)
    ends: Counter[grpc.StatusCode] = attrs.field(factory=Counter)

    async def call(self, number: int) -> None:
        """Call once, check what is answered, and note how it ended."""
        within = AMPLE if number % IN_NO_HURRY == 0 else self.chance.uniform(0.001, 0.050)
        kinds = (self.ask_for_a_link, self.share, self.ask_for_a_status)
        self.ends[await code_of(self.chance.choice(kinds)(within))] += 1

    async def ask_for_a_link(self, within: float) -> None:
        customer_id = self.chance.choice([*self.links, str(self.chance.randrange(10**6, 10**7))])
        link = await self.frontend.link(customer_id, within)
        assert link.customer_id == customer_id
        assert self.links.get(customer_id, link.id) == link.id

    async def share(self, within: float) -> None:
        customer_id, link_id = self.chance.choice([*self.links.items()])
        referral = await self.frontend.share(link_id, within)
        assert (referral.customer_id, referral.referral_link_id) == (customer_id, link_id)
        assert referral.id not in self.shared
        self.shared[referral.id] = link_id

    async def ask_for_a_status(self, within: float) -> None:
        referral_id = self.chance.choice([*self.statuses])
        answer = await self.frontend.status(referral_id, within)
        assert answer.update_time == self.statuses[referral_id]


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(ground: Ground, frontend: Frontend, link_id: str) -> Crowd:
    links = {str(number): (await frontend.link(str(number))).id for number in range(50, 60)}
    ids = [(await frontend.share(link_id)).id for _ in range(40)]
    async with connected(ground.database) as connection:
        moved = await connection.fetch(GIVEN_AWAY, ids)
    assert len({row["updated_at"] for row in moved}) == len(ids)
    return Crowd(
        frontend=frontend,
        links=links,
        statuses={one: (await frontend.status(one)).update_time for one in ids},
        chance=random.Random(7),  # noqa: S311 - only for tests
    )


async def test_callers_who_leave_at_any_moment_do_no_harm(ground: Ground, crowd: Crowd) -> None:
    slots = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int) -> None:
        async with slots:
            await crowd.call(number)

    with killed(ground.valkey):
        async with asyncio.TaskGroup() as callers:
            for number in range(CALLS):
                callers.create_task(one(number))
        assert crowd.ends.keys() == {grpc.StatusCode.OK, grpc.StatusCode.DEADLINE_EXCEEDED}
        await until(lambda: nobody_works_in(ground))
        assert await halves(ground) == 0
        assert await stored(ground, crowd.shared)
        await every_connection_is_free(ground, crowd)


async def nobody_works_in(ground: Ground) -> bool:
    return (await ground.connections()).busy == 0


async def halves(ground: Ground) -> int:
    """Return how many referrals lack their history or their note for the cache, or these them."""
    async with connected(ground.database) as connection:
        count: int = await connection.fetchval(HALVES)
    return count


async def stored(ground: Ground, shared: dict[str, str]) -> bool:
    """Tell whether every referral that was answered is there, with the link that was asked."""
    async with connected(ground.database) as connection:
        rows = await connection.fetch(
            "SELECT id::text, referral_link_id::text FROM referrals WHERE id = ANY($1::uuid[])",
            list(shared),
        )
    return {row["id"]: row["referral_link_id"] for row in rows} == shared


async def every_connection_is_free(ground: Ground, crowd: Crowd) -> None:
    """Have every connection of both pools wait for a lock: none is missing."""
    calls: list[Awaitable[object]] = []
    async with locked(ground.database, "referrals"):
        asked = pb.GetReferralRequest(merchant_id=MERCHANT, referral_id=next(iter(crowd.statuses)))
        explain = crowd.frontend.stub.GetReferral
        calls += [asyncio.ensure_future(explain(asked, metadata=TOKEN)) for _ in range(20)]
        for referral_id in crowd.statuses:
            calls.append(asyncio.ensure_future(crowd.frontend.status(referral_id)))
            await asyncio.sleep(0.005)

        async def all_wait() -> bool:
            return (await ground.connections()).waiting == CALLS_AT_ONCE + READS_AT_ONCE

        await until(all_wait, within=4.0)  # before they give up
    await asyncio.gather(*calls)
