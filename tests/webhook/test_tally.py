"""Visits wait in memory, add up, and are kept while they cannot be stored."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.errors import Unavailable
from referrals_domain.testing.contracts.visits import VISIT
from referrals_webhook.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.visit import Visit

OTHER: Final = VISIT._replace(share=None)


class Store:
    """Adds up what is stored, unless it is away."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.batches: list[Counter[Visit]] = []

    async def __call__(self, numbers: Mapping[Visit, int]) -> None:
        if self.error:
            raise self.error
        self.batches.append(Counter(numbers))


async def test_what_was_counted_is_stored_at_once_and_once() -> None:
    store = Store()
    tally = Tally(store)
    for visit in (VISIT, OTHER, VISIT):
        tally.add(visit)
    assert [await tally.flush() for _ in range(2)] == [0, 0]
    assert store.batches == [Counter({VISIT: 2, OTHER: 1})]


@pytest.mark.parametrize("error", [Unavailable("away"), ValueError("unforeseen")])
async def test_what_could_not_be_stored_is_kept_for_the_next_time(error: Exception) -> None:
    store = Store(error)
    tally = Tally(store)
    tally.add(VISIT)
    with pytest.raises(type(error)):
        await tally.flush()
    tally.add(VISIT)
    store.error = None
    await tally.flush()
    assert store.batches == [Counter({VISIT: 2})]


async def test_who_comes_while_it_stores_is_stored_the_next_time() -> None:
    batches: list[Counter[Visit]] = []

    async def store(numbers: Mapping[Visit, int]) -> None:
        batches.append(Counter(numbers))
        if len(batches) == 1:
            tally.add(OTHER)

    tally = Tally(store)
    tally.add(VISIT)
    for _ in range(2):
        await tally.flush()
    assert batches == [Counter({VISIT: 1}), Counter({OTHER: 1})]


async def test_no_more_wait_than_there_is_room_for_and_that_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()
    tally = Tally(store, room=1)
    for visit in (VISIT, OTHER, VISIT, OTHER):
        tally.add(visit)
    with caplog.at_level(logging.WARNING):
        await tally.flush()
        await tally.flush()
    assert store.batches == [Counter({VISIT: 2})]
    assert [(line.getMessage(), line.__dict__["count"]) for line in caplog.records] == [
        ("visits are lost", 2)
    ]


async def test_at_the_end_the_rest_is_stored() -> None:
    store = Store()
    async with aclosing(Tally(store)) as tally:
        tally.add(VISIT)
    assert store.batches == [Counter({VISIT: 1})]


async def test_or_the_log_says_how_many_are_lost(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with aclosing(Tally(Store(Unavailable("away")))) as tally:
            tally.add(VISIT)
            tally.add(VISIT)
    (line,) = caplog.records
    assert (line.__dict__["count"], line.__dict__["reason"]) == (2, "Unavailable")
