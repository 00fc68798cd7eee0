"""Every item is done and answered to its own caller, in batches, whatever else goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import aclosing
from itertools import chain
from typing import Final, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals_adapters.flow.batcher import Batcher, Busy
from referrals_domain.errors import Unavailable

R = TypeVar("R")

TURNS: Final = 1_000  # thirty items, in batches and then one by one, take less than 400
ticks = st.integers(0, 4)


@attrs.define(kw_only=True)
class Work:
    """
    Doubles numbers, as slowly as `waits` says, and refuses the `bad` ones.

    Args:
        waits: How many turns of the loop each batch takes, over and over.
        bad: Numbers that make their batch fail.
        away: Numbers that cannot be done because a server is away.
        batches: What it was given.
        most_at_once: How many batches were under way at a time.
    """

    waits: Sequence[int] = (1,)
    bad: frozenset[int] = frozenset()
    away: frozenset[int] = frozenset()
    batches: list[list[int]] = attrs.field(factory=list)
    most_at_once: int = 0
    _now: int = 0

    async def __call__(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(list(batch))
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            for _ in range(self.waits[len(self.batches) % len(self.waits)]):
                await asyncio.sleep(0)
            if self.away.intersection(batch):
                raise Unavailable("away")
            if self.bad.intersection(batch):
                raise ArithmeticError("bad")
        finally:
            self._now -= 1
        return [2 * number for number in batch]


works = st.builds(Work, waits=st.lists(ticks, min_size=1, max_size=5))


@attrs.frozen(kw_only=True)
class Caller:
    """
    Submits a number at one turn of the loop, and is perhaps cancelled some turns later.

    Args:
        comes_after: Turns before it submits.
        leaves_after: Turns from then until it is cancelled.
    """

    comes_after: int
    leaves_after: int | None = None

    async def submit(self, batcher: Batcher[int, int], number: int) -> int:
        for _ in range(self.comes_after):
            await asyncio.sleep(0)
        submitting = asyncio.ensure_future(batcher.submit(number))
        if self.leaves_after is not None:
            for _ in range(1 + self.leaves_after):
                await asyncio.sleep(0)
            submitting.cancel()
        return await submitting


patient = st.lists(st.builds(Caller, comes_after=ticks), max_size=30)
callers = st.lists(
    st.builds(Caller, comes_after=ticks, leaves_after=st.none() | ticks), max_size=30
)
limits = st.integers(1, 6)
concurrencies = st.integers(1, 3)


def run(
    work: Work, callers: Sequence[Caller], *, limit: int, concurrency: int
) -> list[int | BaseException]:
    """Return what each caller got; the numbers that they submit count from 0."""

    async def submitted() -> list[int | BaseException]:
        batcher = Batcher(work, limit=limit, concurrency=concurrency)
        submitting = (caller.submit(batcher, number) for number, caller in enumerate(callers))
        got = await in_time(asyncio.gather(*submitting, return_exceptions=True))
        await in_time(batcher.aclose())
        return got

    return asyncio.run(submitted())


async def in_time(awaitable: Awaitable[R]) -> R:
    """Return its result; turns of the loop are the clock, so that a hang is found at once."""
    waiting = asyncio.ensure_future(awaitable)
    for _ in range(TURNS):
        if waiting.done():
            return waiting.result()
        await asyncio.sleep(0)
    raise AssertionError("it hangs")


@settings(deadline=None)
@given(works, patient, limits, concurrencies)
def test_every_caller_gets_the_result_of_its_own_item(
    work: Work, callers: list[Caller], limit: int, concurrency: int
) -> None:
    got = run(work, callers, limit=limit, concurrency=concurrency)
    assert got == [2 * number for number in range(len(callers))]


@settings(deadline=None)
@given(works, callers, limits, concurrencies)
def test_every_item_is_done_once_even_if_its_caller_leaves(
    work: Work, callers: list[Caller], limit: int, concurrency: int
) -> None:
    got = run(work, callers, limit=limit, concurrency=concurrency)
    assert sorted(chain.from_iterable(work.batches)) == list(range(len(callers)))
    for number, (caller, result) in enumerate(zip(callers, got, strict=True)):
        left = caller.leaves_after is not None and isinstance(result, asyncio.CancelledError)
        assert left or result == 2 * number


@settings(deadline=None)
@given(works, callers, limits, concurrencies)
def test_the_limits_are_kept(
    work: Work, callers: list[Caller], limit: int, concurrency: int
) -> None:
    run(work, callers, limit=limit, concurrency=concurrency)
    assert all(1 <= len(batch) <= limit for batch in work.batches)
    assert work.most_at_once <= concurrency


@settings(deadline=None)
@given(works, callers, limits, concurrencies, st.frozensets(st.integers(0, 30)))
def test_a_bad_item_fails_alone(
    work: Work, callers: list[Caller], limit: int, concurrency: int, bad: frozenset[int]
) -> None:
    work = attrs.evolve(work, bad=bad)
    for number, result in enumerate(run(work, callers, limit=limit, concurrency=concurrency)):
        if not isinstance(result, asyncio.CancelledError):
            assert isinstance(result, ArithmeticError) if number in bad else result == 2 * number


@settings(deadline=None)
@given(works, callers, limits, concurrencies, st.frozensets(st.integers(0, 30)))
def test_a_server_that_is_away_fails_its_batch_and_no_other(
    work: Work, callers: list[Caller], limit: int, concurrency: int, away: frozenset[int]
) -> None:
    work = attrs.evolve(work, away=away)
    got = run(work, callers, limit=limit, concurrency=concurrency)
    for batch in work.batches:
        for number in batch:
            if not isinstance(got[number], asyncio.CancelledError):
                assert isinstance(got[number], Unavailable) == bool(away.intersection(batch))


async def test_what_queued_while_a_batch_was_under_way_is_the_next_batch() -> None:
    work = Work(waits=[3])
    async with aclosing(Batcher(work, limit=100)) as batcher:
        first = asyncio.ensure_future(batcher.submit(0))
        for _ in range(2):
            await asyncio.sleep(0)
        await asyncio.gather(first, *(batcher.submit(number) for number in range(1, 8)))
    assert work.batches == [[0], [1, 2, 3, 4, 5, 6, 7]]


async def test_an_item_that_finds_nobody_busy_does_not_wait_for_others() -> None:
    work = Work()
    async with aclosing(Batcher(work, limit=100)) as batcher:
        assert [await batcher.submit(number) for number in range(3)] == [0, 2, 4]
    assert work.batches == [[0], [1], [2]]


async def test_a_server_that_goes_away_while_items_are_tried_alone_is_not_asked_for_each() -> None:
    asked = []

    async def work(batch: Sequence[int]) -> Sequence[int]:
        asked.append(list(batch))
        if len(asked) > 3:
            raise Unavailable("away")
        if 1 in batch:
            raise ArithmeticError("bad")
        return batch

    async with aclosing(Batcher(work, limit=100)) as batcher:
        got = await asyncio.gather(*map(batcher.submit, range(6)), return_exceptions=True)
    assert [type(result) for result in got] == [int, ArithmeticError] + [Unavailable] * 4
    assert asked == [[0, 1, 2, 3, 4, 5], [0], [1], [2]]


async def test_a_server_that_is_away_is_asked_once_for_a_batch() -> None:
    work = Work(away=frozenset({1}))
    async with aclosing(Batcher(work, limit=100)) as batcher:
        got = await asyncio.gather(*map(batcher.submit, range(3)), return_exceptions=True)
    assert [type(result) for result in got] == [Unavailable] * 3
    assert work.batches == [[0, 1, 2]]


async def test_the_callers_of_a_batch_do_not_share_an_exception() -> None:
    async with aclosing(Batcher(Work(away=frozenset({0})), limit=100)) as batcher:
        one, other = await asyncio.gather(
            batcher.submit(0), batcher.submit(1), return_exceptions=True
        )
    assert isinstance(one, Unavailable)
    assert isinstance(other, Unavailable)
    assert one is not other
    assert one.__cause__ is other.__cause__


async def test_beyond_its_room_it_is_busy() -> None:
    async with aclosing(Batcher(Work(), limit=100, room=2)) as batcher:
        accepted = [asyncio.ensure_future(batcher.submit(number)) for number in (0, 1)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await batcher.submit(2)
        assert await asyncio.gather(*accepted) == [0, 2]
        assert await batcher.submit(3) == 6


async def test_closing_waits_for_what_was_accepted_and_accepts_nothing_more() -> None:
    work = Work(waits=[5])
    batcher = Batcher(work, limit=1)
    accepted = [asyncio.ensure_future(batcher.submit(number)) for number in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(batcher.aclose())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await batcher.submit(3)
    await closing
    assert work.batches == [[0], [1], [2]]
    assert await asyncio.gather(*accepted) == [0, 2, 4]


@pytest.mark.parametrize("results", [[], [1, 2, 3]])
async def test_results_that_do_not_match_the_items_are_an_error(results: list[int]) -> None:
    async def miscounting(_batch: Sequence[int]) -> list[int]:
        return results

    async with aclosing(Batcher(miscounting, limit=100)) as batcher:
        got = await asyncio.gather(batcher.submit(0), batcher.submit(1), return_exceptions=True)
    assert [type(result) for result in got] == [ValueError, ValueError]


async def test_work_that_is_cancelled_leaves_nobody_waiting() -> None:
    async def cancelled(_batch: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    batcher = Batcher(cancelled, limit=1)
    async with asyncio.timeout(5):
        got = await asyncio.gather(*map(batcher.submit, range(3)), return_exceptions=True)
        assert [type(result) for result in got] == [Unavailable] * 3
        with pytest.raises(Unavailable):
            await batcher.submit(3)


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 1, "concurrency": 0}])
def test_limits_below_one_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be >= 1"):
        Batcher(Work(), **wrong)
