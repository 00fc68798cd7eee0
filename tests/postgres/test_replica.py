"""A replica answers while the primary is away, and at no other time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.postgres.replica import StatusesWithReplica
from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import ReferralId, ReferralKey
from referrals_domain.model.referral import StatusView
from referrals_domain.ports.statuses import Statuses
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

KEY: Final = builders.referral().key
ABSENT: Final = ReferralKey(builders.MERCHANT, ReferralId("44444444-4444-4444-8444-444444444444"))
FRESH: Final = {KEY: attrs.evolve(builders.referral().view, version=2), ABSENT: None}
STALE: Final = {KEY: attrs.evolve(builders.referral().view, stale=True)}
REST: Final = 10


@attrs.define
class Server(Statuses):
    """A server that answers when it may, and always the same."""

    answer: Mapping[ReferralKey, StatusView | None]
    error: Exception | None = None
    answers: asyncio.Event = attrs.field(factory=asyncio.Event)
    asked: int = 0

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        self.asked += 1
        await self.answers.wait()
        if self.error:
            raise self.error
        assert [*keys] == [KEY, ABSENT]
        return self.answer


@attrs.define(kw_only=True)
class Pair:
    """A primary and its replica, and a clock that moves only when it is told to."""

    primary: Server
    replica: Server
    now: float = 0.0
    statuses: StatusesWithReplica = attrs.field()

    @statuses.default
    def _of_both(self) -> StatusesWithReplica:
        rest = timedelta(seconds=REST)
        return StatusesWithReplica(
            primary=self.primary,
            replica=self.replica,
            patience=timedelta(milliseconds=20),
            breaker=Breaker(failures=2, rest=rest, elapsed=lambda: self.now),
        )

    async def read(self) -> Mapping[ReferralKey, StatusView | None]:
        return await self.statuses.read([KEY, ABSENT])


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    pair = Pair(primary=Server(FRESH), replica=Server(STALE))
    pair.primary.answers.set()
    pair.replica.answers.set()
    async with aclosing(pair.statuses):
        yield pair
        pair.primary.answers.set()


async def test_while_the_primary_answers_the_replica_is_not_asked(pair: Pair) -> None:
    assert await pair.read() == FRESH
    assert pair.replica.asked == 0


async def test_while_the_primary_is_away_the_replica_answers(pair: Pair) -> None:
    pair.primary.error = Unavailable("away")
    assert await pair.read() == STALE


async def test_a_primary_that_does_not_answer_is_not_waited_for(pair: Pair) -> None:
    pair.primary.answers.clear()
    async with asyncio.timeout(5):
        assert await pair.read() == STALE


async def test_after_some_failures_the_primary_is_asked_now_and_then(pair: Pair) -> None:
    pair.primary.error = Unavailable("away")
    for _ in range(5):
        assert await pair.read() == STALE
    assert pair.primary.asked == 2
    pair.now += REST
    for _ in range(5):
        assert await pair.read() == STALE
    assert pair.primary.asked == 3


async def test_once_the_primary_answers_again_nothing_is_stale(pair: Pair) -> None:
    pair.primary.error = Unavailable("away")
    for _ in range(5):
        await pair.read()
    pair.primary.error = None
    pair.now += REST
    for _ in range(5):
        assert await pair.read() == FRESH


async def test_with_both_away_nobody_answers(pair: Pair) -> None:
    pair.primary.error = pair.replica.error = Unavailable("away")
    with pytest.raises(Unavailable):
        await pair.read()


async def test_a_primary_that_is_wrong_is_not_taken_for_one_that_is_away(pair: Pair) -> None:
    pair.primary.error = ArithmeticError("nobody foresaw it")
    for _ in range(5):
        with pytest.raises(ArithmeticError):
            await pair.read()
    assert pair.replica.asked == 0


async def test_closing_waits_for_what_the_primary_was_asked(pair: Pair) -> None:
    pair.primary.answers.clear()
    await pair.read()
    closing = asyncio.ensure_future(pair.statuses.aclose())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    pair.primary.answers.set()
    await closing


async def test_a_late_failure_of_the_primary_disturbs_nobody(pair: Pair) -> None:
    pair.primary.answers.clear()
    await pair.read()
    pair.primary.error = Unavailable("away")
    pair.primary.answers.set()
    assert await pair.read() == STALE
