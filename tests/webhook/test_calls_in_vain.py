"""A neighbour in trouble is hardly asked more than else, and orders wait for it untouched."""

from __future__ import annotations

import asyncio

import pytest

from tests.webhook.shift import ENOUGH, calls_of_a_shift, is_well, on_shift, refuses_at_times

pytestmark = pytest.mark.long


async def test_a_core_that_refuses_every_other_second_is_asked_a_tenth_more_at_most() -> None:
    needed = await calls_of_a_shift(is_well, "core", orders=ENOUGH, merchants=5)
    made = await calls_of_a_shift(refuses_at_times, "core", orders=ENOUGH, merchants=5)
    assert needed < made <= 1.1 * needed


async def test_while_core_is_away_orders_are_not_claimed_and_then_they_complete() -> None:
    async with on_shift() as shift:
        shift.deliver(300, merchants=3)
        await shift.core.stop()
        working = asyncio.create_task(shift.work(within=10))
        await asyncio.sleep(1)
        claimed = [one for one in shift.store.state.deliveries.values() if one.attempts]
        assert 100 < len(claimed) < 110  # a batch, and a probe every quarter of a second
        assert shift.core.calls == []
        await shift.core.start()
        await working
