"""How advocates stand, and which of them are the best."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.funnel import Conversion
from referrals_domain.model.identifiers import CustomerId
from referrals_domain.model.referral import ReferralStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from referrals_domain.model.referral import Referral


@attrs.frozen
class Standing:
    """
    How an advocate stands.

    Args:
        advocate: The advocate.
        conversion: Which part of their shares completed.
    """

    advocate: CustomerId
    conversion: Conversion

    @property
    def at_least(self) -> float:
        """The rate that they have at the least: two lucky shares do not beat a good hundred."""
        lowest, _ = self.conversion.interval
        return lowest


def best(referrals: Iterable[Referral]) -> Sequence[Standing]:
    """
    Return how those advocates stand who have a completed share, the best first.

    A referral that an order opened was no share; who was redacted is not in a report.
    """
    shared = [
        referral
        for referral in referrals
        if not referral.id.is_of_order and not referral.customer_id.is_tombstone
    ]
    shares = Counter(one.customer_id for one in shared)
    completed = Counter(
        one.customer_id for one in shared if one.status is ReferralStatus.COMPLETED
    )
    standings = [
        Standing(advocate, Conversion(number, shares[advocate]))
        for advocate, number in completed.items()
    ]
    return sorted(standings, key=lambda one: (-one.at_least, one.advocate))
