"""Waits grow, have bounds, and are not all alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.flow.backoff import Backoff

chances = st.floats(0, 1)
attempts = st.integers(1, 10**9)
SHORTEST: Final = timedelta(milliseconds=1)
backoffs = st.builds(
    Backoff,
    first=st.timedeltas(SHORTEST, timedelta(minutes=5)),
    cap=st.timedeltas(SHORTEST, timedelta(days=1)),
    chance=chances.map(lambda chance: lambda: chance),
)


@given(backoffs, attempts)
def test_no_wait_is_longer_than_the_cap(backoff: Backoff, attempt: int) -> None:
    assert backoff(attempt) <= backoff.cap


@given(backoffs, attempts)
def test_no_wait_is_shorter_than_half_the_first(backoff: Backoff, attempt: int) -> None:
    assert backoff(attempt) >= min(backoff.first, backoff.cap) / 2


@given(backoffs, attempts)
def test_a_later_wait_is_not_shorter_by_the_same_chance(backoff: Backoff, attempt: int) -> None:
    assert backoff(attempt) <= backoff(attempt + 1)


@given(chances, st.integers(1, 6))
def test_the_first_waits_double(chance: float, attempt: int) -> None:
    backoff = Backoff(chance=lambda: chance)
    longest = timedelta(seconds=2 ** (attempt - 1))
    assert longest / 2 <= backoff(attempt) <= longest


def test_two_who_failed_together_do_not_come_back_together() -> None:
    assert len({Backoff()(5) for _ in range(20)}) > 1
