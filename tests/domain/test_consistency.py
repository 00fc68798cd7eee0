"""A value of the cache is right, behind its time, or what the database has never said."""

from __future__ import annotations

from typing import Final

import attrs
import pytest

from referrals_domain.model.consistency import Consistency, compare
from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.testing import builders

FIRST: Final = builders.referral().view
SECOND: Final = StatusView(ReferralStatus.COMPLETED, 2, builders.PLACED_AT, Cause.ORDER_CREATED)
THIRD: Final = attrs.evolve(SECOND, status=ReferralStatus.REVERSED, version=3)
OTHER_SECOND: Final = attrs.evolve(SECOND, status=ReferralStatus.REJECTED)


@pytest.mark.parametrize(
    ("cached", "primary", "committed", "expected"),
    [
        (SECOND, SECOND, 2, Consistency.FRESH),
        (SECOND, SECOND, 1, Consistency.FRESH),
        (SECOND, THIRD, 2, Consistency.FRESH),
        (None, None, 0, Consistency.FRESH),
        (FIRST, SECOND, 2, Consistency.STALE),
        (FIRST, THIRD, 2, Consistency.STALE),
        (None, FIRST, 1, Consistency.STALE),
        (OTHER_SECOND, SECOND, 2, Consistency.CORRUPT),
        (OTHER_SECOND, SECOND, 1, Consistency.CORRUPT),
        (THIRD, SECOND, 2, Consistency.CORRUPT),
        (FIRST, None, 1, Consistency.CORRUPT),
    ],
)
def test_a_cached_value_is_judged(
    cached: StatusView | None,
    primary: StatusView | None,
    committed: int,
    expected: Consistency,
) -> None:
    assert compare(cached, primary, committed=committed) is expected
