"""Let deliveries wait for their next attempt, or for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.model.delivery import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from referrals_domain.model.delivery import ClaimedDelivery
    from referrals_domain.ports.transaction import Transaction


async def postpone(
    tx: Transaction, waiting: Sequence[tuple[ClaimedDelivery, datetime]], *, at: datetime
) -> None:
    """
    End the leases of deliveries that cannot be decided; hold those that were tried enough.

    Args:
        tx: The transaction.
        waiting: The deliveries, and when each is to be tried again.
        at: The time.
    """
    held = {one.id for one, _ in waiting if one.was_tried_enough(at)}
    await tx.deliveries.finish(dict.fromkeys(held, Outcome.HELD))
    await tx.deliveries.defer({one.id: due for one, due in waiting if one.id not in held})
