"""Show a referral, and why it stands where it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.referral import Referral, StatusView
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ReferralKey


@attrs.frozen(kw_only=True)
class ExplainedReferral:
    """
    A referral with what explains it.

    Args:
        referral: The referral.
        order: The order that it is bound to, as it was found and decided; None: it waits for one.
        visits: How often its share was followed.
        history: Every version of it, the first one first.
    """

    referral: Referral
    order: ReferredOrder | None
    visits: int = 0
    history: Sequence[StatusView] = ()


@attrs.frozen(kw_only=True)
class GetReferral:
    """Show a referral, and why it stands where it does."""

    begin: Callable[[], Transaction]

    async def __call__(self, key: ReferralKey) -> ExplainedReferral:
        """
        Return the referral with its order and history.

        Both may be newer: the order may have been decided anew since the referral was read.

        Raises:
            NotFound: The merchant has no such referral.
        """
        async with self.begin() as tx:
            referral = (await tx.referrals.get([key])).get(key)
            if referral is None:
                raise NotFound("the merchant has no such referral")
            order = await _order_of(tx, referral)
            visits = (await tx.visits.of_shares([key])).get(key, 0)
            history = await tx.history.of(key)
        return ExplainedReferral(referral=referral, order=order, visits=visits, history=history)


async def _order_of(tx: Transaction, referral: Referral) -> ReferredOrder | None:
    if referral.order_id is None:
        return None
    key = OrderKey(referral.merchant_id, referral.order_id)
    return (await tx.orders.get([key])).get(key)
