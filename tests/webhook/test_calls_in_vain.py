"""A neighbour in trouble is hardly asked more than it would be without."""

from __future__ import annotations

from tests.webhook.shift import calls_of_a_shift, is_well, refuses_at_times


async def test_a_core_that_refuses_every_other_second_is_asked_a_tenth_more_at_most() -> None:
    needed = await calls_of_a_shift(is_well, "core", orders=400, merchants=5)
    made = await calls_of_a_shift(refuses_at_times, "core", orders=400, merchants=5)
    assert needed <= made <= 1.1 * needed
