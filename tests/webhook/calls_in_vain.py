"""
Calls in vain, for every neighbour and every trouble: `uv run pytest -n0 -s` with this file's path.

It takes a minute or two, so `uv run pytest` leaves it out; the measures are printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.webhook.shift import (
    ENOUGH,
    calls_of_a_shift,
    is_down,
    is_slow,
    is_slow_at_times,
    is_well,
    refuses_at_times,
)

if TYPE_CHECKING:
    from tests.webhook.shift import Trouble

MERCHANTS: Final = {"auth": ENOUGH, "core": 20}
"""Auth is asked about merchants: for its troubles to count there must be many."""
LATENCY: Final = 0.02
"""Of a neighbour that is not on the same machine; work then lasts for several of its phases."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("of", ["auth", "core"])
@pytest.mark.parametrize("trouble", [is_down, is_slow, is_slow_at_times, refuses_at_times])
async def test_it_is_asked_a_tenth_more_at_most(trouble: Trouble, of: str) -> None:
    needed, made = [
        await calls_of_a_shift(one, of, orders=ENOUGH, merchants=MERCHANTS[of], latency=LATENCY)
        for one in (is_well, trouble)
    ]
    print(f"{of} {trouble.__name__}: {made} / {needed} = {made / needed:.3f}")  # noqa: T201 - the measure
    assert needed <= made <= 1.1 * needed
