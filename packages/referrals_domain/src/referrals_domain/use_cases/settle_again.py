"""Decide orders again of which nothing new was delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.model.decision import Undecided
from referrals_domain.use_cases.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.use_cases.docket import Docket


async def settle_again(
    tx: Transaction, docket: Docket, *, at: datetime
) -> Mapping[ReferralKey, int]:
    """
    Decide every order of a locked docket, and save what changes.

    Where a question about an order is open again, the delivery that raised it decides.

    Returns:
        The new versions of the referrals that changed.
    """
    settled = [docket.settle(key, at=at) for key in docket.orders]
    await tx.orders.save(docket.orders.values(), at=at)
    return await record(
        tx, [move for moves in settled if not isinstance(moves, Undecided) for move in moves]
    )
