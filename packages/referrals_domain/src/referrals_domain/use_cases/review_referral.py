"""Let a person decide about what is suspicious."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound, NotInReview
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.referral import Cause
from referrals_domain.model.review import Review
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.load_docket import load_docket
from referrals_domain.use_cases.record import telling
from referrals_domain.use_cases.settle_again import settle_again

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.order import ReferredOrder
    from referrals_domain.model.referral import Referral
    from referrals_domain.model.review import ReviewVerdict
    from referrals_domain.use_cases.docket import Docket


@attrs.frozen(kw_only=True)
class ReviewReferral:
    """
    Let a person decide about a referral that a rule marked.

    What they approve goes on to payment and hold, what they deny earns nothing, and their verdict
    stays, whatever is heard of the order later.
    """

    begin: Callable[[], Transaction]
    cache: StatusCache
    clock: Clock

    async def __call__(self, key: ReferralKey, verdict: ReviewVerdict) -> Referral:
        """
        Return the referral as the review leaves it; the same verdict may be given again.

        Raises:
            NotFound: The merchant has no such referral.
            NotInReview: Nobody is to review it, or somebody has decided otherwise.
        """
        async with telling(self.cache) as versions, self.begin() as tx:
            order_key = await _order_key(tx, key)
            facts = OrderFacts(order_id=order_key.order_id)  # nothing new, but locked
            docket = await load_docket(tx, {order_key: facts}, lock=True)
            if key not in docket.referrals:  # the shop was redacted meanwhile
                raise NotFound("the merchant has no such referral")
            if _is_to_review(docket.orders[order_key], docket.referrals[key], verdict):
                review = Review(verdict, self.clock.now())
                _note(docket, order_key, review)
                versions.update(await settle_again(tx, docket, at=review.at))
                await tx.commit()
        return docket.referrals[key]


async def _order_key(tx: Transaction, key: ReferralKey) -> OrderKey:
    """Find the order that a referral is bound to; that it is bound never changes."""
    referral = (await tx.referrals.get([key])).get(key)
    if referral is None:
        raise NotFound("the merchant has no such referral")
    if referral.order_id is None:
        raise NotInReview("the referral waits for an order")
    return OrderKey(key.merchant_id, referral.order_id)


def _is_to_review(order: ReferredOrder, referral: Referral, verdict: ReviewVerdict) -> bool:
    """Tell whether the verdict is the first; False: it was given before."""
    review = order.evidence.review
    if review is None and referral.cause is Cause.IN_REVIEW:
        return True
    if review is None or review.verdict is not verdict:
        raise NotInReview("nobody is to review the referral, or it was reviewed otherwise")
    return False


def _note(docket: Docket, key: OrderKey, review: Review) -> None:
    """Add the review to the evidence: whatever is decided later is decided by it too."""
    order = docket.orders[key]
    evidence = attrs.evolve(order.evidence, review=review)
    docket.orders[key] = attrs.evolve(order, evidence=evidence)
