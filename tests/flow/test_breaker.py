"""Who fails is left alone, is tried again in time, and by one caller at a time."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeAlias

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.flow.breaker import Breaker

Call: TypeAlias = tuple[int, bool | None]

REST: Final = 10
FAILURES: Final = 3


@attrs.define
class Clock:
    """A clock that moves only when it is told to."""

    now: int = 0

    def __call__(self) -> float:
        return self.now


@attrs.define
class Watched:
    """A breaker in the hands of callers, each of whom reports at once, or never."""

    clock: Clock = attrs.field(factory=Clock)
    breaker: Breaker = attrs.field()
    allowed_at: list[int] = attrs.field(factory=list)

    @breaker.default
    def _of_this_clock(self) -> Breaker:
        return Breaker(failures=FAILURES, rest=timedelta(seconds=REST), elapsed=self.clock)

    def call(self, *, answered: bool | None) -> bool:
        """Tell whether the call was allowed; None: its caller was cancelled."""
        if not self.breaker.allows():
            return False
        self.allowed_at.append(self.clock.now)
        if answered is not None:
            (self.breaker.succeeded if answered else self.breaker.failed)()
        return True

    def call_all(self, calls: list[Call]) -> None:
        for pause, answered in calls:
            self.clock.now += pause
            self.call(answered=answered)

    def open(self) -> None:
        for _ in range(FAILURES):
            assert self.call(answered=False)
        self.allowed_at.clear()


pauses = st.integers(0, REST)
answers = st.sampled_from([True, False, None])
calls = st.lists(st.tuples(pauses, answers), max_size=40)
failing = st.lists(st.tuples(pauses, st.sampled_from([False, None])), max_size=40)


@given(calls)
def test_fewer_failures_in_a_row_than_it_takes_keep_nobody_out(
    calls: list[Call],
) -> None:
    watched, in_a_row = Watched(), 0
    for pause, answered in calls:
        watched.clock.now += pause
        in_a_row = 0 if answered else in_a_row + (answered is False)
        if in_a_row == FAILURES:
            break
        assert watched.call(answered=answered)


@given(failing)
def test_while_it_is_open_probes_are_a_rest_apart(calls: list[Call]) -> None:
    watched = Watched()
    watched.open()
    watched.call_all(calls)
    times = [0, *watched.allowed_at]
    assert all(after - before >= REST for before, after in itertools.pairwise(times))


@given(failing)
def test_whatever_became_of_the_probes_the_next_may_go_after_a_rest(
    calls: list[Call],
) -> None:
    watched = Watched()
    watched.open()
    watched.call_all(calls)
    watched.clock.now += REST
    assert watched.call(answered=None)


@given(failing)
def test_one_success_lets_everybody_in(calls: list[Call]) -> None:
    watched = Watched()
    watched.open()
    watched.call_all(calls)
    watched.clock.now += REST
    assert watched.call(answered=True)
    assert all(watched.call(answered=None) for _ in range(100))


def test_the_boundaries_of_a_rest() -> None:
    watched = Watched()
    watched.open()
    watched.clock.now = REST - 1
    assert not watched.call(answered=True)
    watched.clock.now = REST
    assert watched.call(answered=True)


def test_a_success_that_comes_late_closes_it_too() -> None:
    watched = Watched()
    watched.open()
    watched.breaker.succeeded()
    assert watched.call(answered=None)


async def test_what_is_watched_is_reported_and_a_cancellation_says_nothing() -> None:
    breaker = Breaker(failures=2, elapsed=lambda: 0.0)
    ends = [TimeoutError, asyncio.CancelledError, None, TimeoutError, asyncio.CancelledError]
    for end in ends:
        with suppress(TimeoutError, asyncio.CancelledError), breaker.watching():
            if end:
                raise end
        assert breaker.allows()
    with suppress(TimeoutError), breaker.watching():
        raise TimeoutError
    assert not breaker.allows()


def test_it_takes_one_failure_at_least() -> None:
    with pytest.raises(ValueError, match="must be >= 1"):
        Breaker(failures=0)
