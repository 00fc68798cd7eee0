"""Many callers, few reads, and never an answer from before the question."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals_adapters.flow.batcher import Busy
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import ReferralId, ReferralKey
from referrals_domain.ports.statuses import Statuses
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from referrals_domain.model.referral import StatusView

KEY: Final = builders.referral().key
ABSENT: Final = ReferralKey(builders.MERCHANT, ReferralId("44444444-4444-4444-8444-444444444444"))
UNKNOWN: Final = ReferralKey(builders.MERCHANT, ReferralId("55555555-5555-4555-8555-555555555555"))


@attrs.define
class Database(Statuses):
    """A database whose reads see what is committed when they begin, and end when they may."""

    version: int = 1
    away: bool = False
    may_end: asyncio.Event = attrs.field(factory=asyncio.Event)
    reads: list[Collection[ReferralKey]] = attrs.field(factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        view = attrs.evolve(builders.referral().view, version=self.version)
        self.reads.append(keys)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.may_end.wait()
        self.under_way -= 1
        if self.away:
            raise Unavailable("away")
        found = {KEY: view, ABSENT: None}
        return {key: found[key] for key in keys if key in found}

    async def let_end(self) -> None:
        """Have the reads end that are under way, and no others."""
        self.may_end.set()
        self.may_end = asyncio.Event()
        await turns()


@asynccontextmanager
async def coalesced(
    database: Database, *, at_once: int = 1, room: int = 1_000
) -> AsyncIterator[CoalescedStatuses]:
    statuses = CoalescedStatuses(statuses=database, at_once=at_once, limit=100, room=room)
    async with aclosing(statuses):
        try:
            yield statuses
        finally:
            database.may_end.set()


async def turns() -> None:
    """Let everybody go on who can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def version_of(statuses: Statuses) -> int:
    view = (await statuses.read([KEY]))[KEY]
    assert view
    return view.version


Step = Literal["ask", "commit", "let end"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ask", "commit", "let end"]), max_size=30), st.integers(1, 3))
def test_no_answer_is_older_than_its_question(steps: list[Step], at_once: int) -> None:
    async def play() -> None:
        database = Database()
        async with coalesced(database, at_once=at_once) as statuses:
            asked: list[tuple[int, asyncio.Task[int]]] = []
            for step in steps:
                match step:
                    case "ask":
                        task = asyncio.ensure_future(version_of(statuses))
                        asked.append((database.version, task))
                        await turns()
                    case "commit":
                        database.version += 1
                    case "let end":
                        await database.let_end()
            while database.under_way:
                await database.let_end()
            for committed, task in asked:
                assert committed <= await task <= database.version
            assert database.most_under_way <= at_once

    asyncio.run(play())


async def test_a_hot_referral_is_read_once_for_all_who_ask_meanwhile() -> None:
    database = Database()
    async with coalesced(database) as statuses:
        first = [asyncio.ensure_future(statuses.read([KEY])) for _ in range(2)]
        await turns()
        crowd = [asyncio.ensure_future(statuses.read([KEY])) for _ in range(80)]
        await turns()
        assert database.reads == [{KEY}]  # the first two came together
        await database.let_end()
        assert database.reads == [{KEY}, {KEY}]
        await database.let_end()
        answers = await asyncio.gather(*first, *crowd)
    assert answers == [{KEY: builders.referral().view}] * 82


async def test_each_is_told_only_of_what_they_asked_for() -> None:
    database = Database()
    database.may_end.set()
    async with coalesced(database) as statuses:
        answers = await asyncio.gather(
            *(statuses.read(keys) for keys in ([KEY], [ABSENT], [UNKNOWN], [KEY, UNKNOWN], []))
        )
    view = builders.referral().view
    assert answers == [{KEY: view}, {ABSENT: None}, {}, {KEY: view}, {}]
    assert database.reads == [{KEY, ABSENT, UNKNOWN}]


async def test_while_too_many_wait_the_next_is_told_that_it_is_busy() -> None:
    database = Database()
    async with coalesced(database, room=3) as statuses:
        under_way = asyncio.ensure_future(statuses.read([KEY]))
        await turns()
        waiting = [asyncio.ensure_future(statuses.read([KEY])) for _ in range(3)]
        await turns()
        with pytest.raises(Busy):
            await statuses.read([KEY])
        await database.let_end()
        await database.let_end()
        await asyncio.gather(under_way, *waiting)


async def test_a_database_that_is_away_is_away_for_all_who_asked() -> None:
    database = Database(away=True)
    database.may_end.set()
    async with coalesced(database) as statuses:
        reads = (statuses.read([key]) for key in (KEY, ABSENT))
        got = await asyncio.gather(*reads, return_exceptions=True)
    assert [type(one) for one in got] == [Unavailable] * 2
    assert database.reads == [{KEY, ABSENT}]


async def test_a_caller_who_leaves_takes_nothing_from_the_others() -> None:
    database = Database()
    async with coalesced(database) as statuses:
        leaver, stayer = (asyncio.ensure_future(statuses.read([KEY])) for _ in range(2))
        await turns()
        leaver.cancel()
        database.may_end.set()
        assert await stayer == {KEY: builders.referral().view}
    assert leaver.cancelled()
