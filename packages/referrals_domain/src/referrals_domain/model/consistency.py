"""Whether the cache says of a referral what the database does."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from referrals_domain.model.referral import StatusView


class Consistency(StrEnum):
    """
    What a look at the cache found, some time after a version was committed.

    EMPTY: it held no value, so that a reader would have asked the database.
    FRESH: it held that version or a later one.
    STALE: it held an earlier one.
    CORRUPT: it held what the database has never said.
    """

    EMPTY = "empty"
    FRESH = "fresh"
    STALE = "stale"
    CORRUPT = "corrupt"


def compare(
    cached: StatusView | None, primary: StatusView | None, *, committed: int
) -> Consistency:
    """
    Judge a value of the cache; None: that there is no such referral, which is older than any.

    Args:
        cached: What the cache held.
        primary: What the primary said after that. Versions only grow, so a greater one in the
            cache cannot come of what happened between both looks.
        committed: The version that was committed some time before both.

    >>> from referrals_domain.testing import builders
    >>> view = builders.referral().view
    >>> compare(view, view, committed=1), compare(None, view, committed=1)
    (<Consistency.FRESH: 'fresh'>, <Consistency.STALE: 'stale'>)
    >>> compare(view, None, committed=0)
    <Consistency.CORRUPT: 'corrupt'>
    """
    held, newest = _version(cached), _version(primary)
    if held > newest or (held == newest and cached != primary):
        return Consistency.CORRUPT
    return Consistency.FRESH if held >= committed else Consistency.STALE


def _version(view: StatusView | None) -> int:
    return view.version if view else 0
