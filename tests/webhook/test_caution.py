"""What the worker does while a neighbour fails, by a clock of the test's own."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import attrs

from referrals_adapters.flow.breaker import Breaker
from referrals_webhook.caution import Caution

MOST = 100
REST = timedelta(milliseconds=20)


@attrs.define
class Work:
    """Notes how many it was asked for."""

    asked: list[int] = attrs.field(factory=list)

    async def __call__(self, limit: int) -> int:
        self.asked.append(limit)
        return limit


def failing() -> Breaker:
    breaker = Breaker(failures=1, rest=REST)
    breaker.failed()
    return breaker


async def test_while_nobody_fails_as_many_are_claimed_as_fit() -> None:
    work = Work()
    step = Caution(work=work, breakers=[Breaker(), Breaker()], most=MOST)
    assert await step() == MOST


async def test_while_one_fails_a_single_one_is_claimed_and_that_after_a_rest() -> None:
    work = Work()
    breaker = failing()
    step = asyncio.create_task(Caution(work=work, breakers=[Breaker(), breaker], most=MOST)())
    await asyncio.sleep(0)
    assert work.asked == []
    assert await step == 1
    assert breaker.rests_for == timedelta(0)


async def test_as_soon_as_it_answers_all_are_claimed() -> None:
    work, breaker = Work(), failing()
    step = Caution(work=work, breakers=[breaker], most=MOST)
    await step()
    breaker.succeeded()
    await step()
    assert work.asked == [1, MOST]
