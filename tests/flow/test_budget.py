"""A budget is never overspent, in whatever time one looks at it, and nobody starves."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import attrs
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.flow.budget import KEPT, URGENT, Allowance, LocalBudget, Purses

if TYPE_CHECKING:
    from datetime import timedelta

ALLOWANCE: Final = Allowance(requests=2, points=100, requests_gathered=4, points_gathered=2000)
LONG: Final = 60.0  # seconds
STEP: Final = 0.25
SLACK: Final = 1e-3  # of rounding
COSTS: Final = st.floats(1, ALLOWANCE.points_gathered / 2)


@attrs.frozen
class Ask:
    """A request, and how long after the one before."""

    after: float
    points: float
    urgent: bool


ASKS: Final = st.lists(
    st.builds(Ask, after=st.floats(0, 5), points=COSTS, urgent=st.booleans()), max_size=60
)


@given(ASKS)
def test_in_no_time_more_is_spent_than_had_gathered_and_was_allowed(asks: list[Ask]) -> None:
    purses, now = Purses.full(ALLOWANCE, 0.0), 0.0
    spent: list[tuple[float, float]] = []
    for ask in asks:
        now += ask.after
        if not _spend(purses, ask.points, now, urgent=ask.urgent):
            spent.append((now, ask.points))
    for first, (start, _) in enumerate(spent):
        window = spent[first:]
        for number, points in enumerate(accumulate(cost for _, cost in window)):
            seconds = window[number][0] - start
            assert number + 1 <= ALLOWANCE.requests_gathered + ALLOWANCE.requests * seconds + SLACK
            assert points <= ALLOWANCE.points_gathered + ALLOWANCE.points * seconds + SLACK


@given(COSTS, st.booleans())
def test_who_waits_as_long_as_told_may_spend_then(points: float, urgent: bool) -> None:  # noqa: FBT001 - drawn
    purses = Purses.full(ALLOWANCE, 0.0)
    while not (wait := _spend(purses, points, 0.0, urgent=urgent)):
        pass
    assert not _spend(purses, points, wait.total_seconds(), urgent=urgent)


@given(COSTS)
def test_who_can_wait_gets_a_quarter_however_much_is_urgent(points: float) -> None:
    purses, now, patient, waits_until = Purses.full(ALLOWANCE, 0.0), 0.0, 0, 0.0
    while now < LONG:
        while not _spend(purses, 1, now, urgent=True):
            pass
        if now >= waits_until:
            wait = _spend(purses, points, now, urgent=False)
            patient += not wait
            waits_until = now + wait.total_seconds()
        now += STEP
    quarter = 1 - URGENT
    seldom = max(1 / (ALLOWANCE.requests * quarter), points / (ALLOWANCE.points * quarter))
    assert patient >= LONG / (seldom + STEP) - 1


def test_who_can_wait_leaves_half_for_who_cannot() -> None:
    purses = Purses.full(ALLOWANCE, 0.0)
    patient = _as_often_as_it_goes(purses, urgent=False)
    urgent = _as_often_as_it_goes(purses, urgent=True)
    assert (patient, urgent) == (3, 1)
    assert KEPT * ALLOWANCE.requests_gathered / 2 == urgent


def test_what_the_other_side_says_is_left_counts_and_what_it_has_more_does_not() -> None:
    purses = Purses.full(ALLOWANCE, 0.0)
    purses.correct(300)
    assert _spend(purses, 151, 0.0, urgent=True)
    assert not _spend(purses, 150, 0.0, urgent=True)
    assert not _spend(purses, 150, 0.0, urgent=False)
    purses.correct(2000)
    assert _spend(purses, 1, 0.0, urgent=True)


def test_a_request_that_costs_more_than_a_purse_holds_goes_once_it_is_full() -> None:
    purses = Purses.full(ALLOWANCE, 0.0)
    assert not _spend(purses, 5000, 0.0, urgent=True)
    assert _spend(purses, 5000, 13.3, urgent=True)
    assert not _spend(purses, 5000, 13.4, urgent=True)


def test_a_clock_that_went_back_gives_nothing_and_takes_nothing() -> None:
    purses = Purses.full(ALLOWANCE, 0.0)
    purses.fill(ALLOWANCE, -1000.0)
    assert _as_often_as_it_goes(purses, urgent=True) == ALLOWANCE.requests_gathered / 2


async def test_each_name_has_a_budget_of_its_own() -> None:
    budget = LocalBudget(elapsed=lambda: 0.0)
    while not await budget.spend("acme", ALLOWANCE, 1, urgent=True):
        pass
    assert not await budget.spend("other", ALLOWANCE, 1, urgent=True)


def _as_often_as_it_goes(purses: Purses, *, urgent: bool) -> int:
    number = 0
    while not _spend(purses, 1, 0.0, urgent=urgent):
        number += 1
    return number


def _spend(purses: Purses, points: float, now: float, *, urgent: bool) -> timedelta:
    purses.fill(ALLOWANCE, now)
    return purses.spend(ALLOWANCE, points, urgent=urgent)
