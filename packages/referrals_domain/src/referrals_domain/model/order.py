"""What is known of an order, however its webhooks arrive."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

import attrs

from referrals_domain.model.attribution import Attribution
from referrals_domain.model.evidence import Evidence
from referrals_domain.model.explanation import Explanation
from referrals_domain.model.identifiers import (
    AddressDigest,
    CustomerId,
    CustomerKey,
    LinkKey,
    MerchantId,
    OrderId,
    OrderKey,
    ReferralId,
    ReferralKey,
    RefundId,
)
from referrals_domain.model.money import Money
from referrals_domain.model.signals import Signal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@attrs.frozen
class Refund:
    """Money that went back to the friend."""

    id: RefundId
    amount: Money


@attrs.frozen(kw_only=True)
class OrderSnapshot:
    """
    What one full body said of the things that may change; the latest body counts.

    Args:
        updated_at: The order's own time of change.
        total: The order total in the shop's currency.
        presented: The same as the friend saw it, where that is another currency.
        address: Where the friend ordered from; None where the body does not say.
    """

    updated_at: datetime
    total: Money
    presented: Money | None = None
    address: AddressDigest | None = None

    @property
    def recency(self) -> tuple[datetime, tuple[str, ...], str]:
        """The sort key that puts the latest last, and is total."""
        totals = tuple(f"{money.minor:019} {money.currency}" for money in self.totals)
        return (self.updated_at, totals, self.address or "")

    @property
    def totals(self) -> tuple[Money, ...]:
        """The total in each currency that money may go back in."""
        return (self.total, self.presented) if self.presented else (self.total,)


@attrs.frozen(kw_only=True)
class Buyer:
    """
    Who ordered, as one full body said; a later body without a customer does not undo it.

    Args:
        updated_at: The order's own time of change.
        customer_id: The friend.
    """

    updated_at: datetime
    customer_id: CustomerId

    @property
    def recency(self) -> tuple[datetime, str]:
        """The sort key that puts the latest last, and is total."""
        return (self.updated_at, self.customer_id)


def _sorted_signals(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    return tuple(sorted(set(signals), key=lambda signal: signal.strength))


def _sorted_refunds(refunds: Collection[Refund]) -> tuple[Refund, ...]:
    """Keep one refund an id; should two bodies disagree on the amount, the larger."""
    if not refunds:  # as of nearly all orders
        return ()
    ascending = sorted(refunds, key=lambda refund: (refund.amount.minor, refund.amount.currency))
    largest = {refund.id: refund for refund in ascending}
    return tuple(largest[id_] for id_ in sorted(largest))


@attrs.frozen(kw_only=True)
class OrderFacts:
    """
    The facts of an order: a join semilattice under `merge`.

    Merging is commutative, associative and idempotent, so the order and the repetition of
    webhooks cannot matter. Facts of nothing but the id are its neutral element.

    Args:
        order_id: The order.
        snapshot: The latest of what may change; None while only refunds are known.
        buyer: The latest named customer.
        signals: Every signal that any body carried, strongest first.
        test: Whether any body said that it is a test order.
        placed_at: When the order was placed: the earliest time named.
        paid_at: When it was first seen paid.
        cancelled_at: When it was cancelled.
        refunds: Every refund, once each, by id.
    """

    order_id: OrderId
    snapshot: OrderSnapshot | None = None
    buyer: Buyer | None = None
    signals: tuple[Signal, ...] = attrs.field(default=(), converter=_sorted_signals)
    test: bool = False
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = attrs.field(default=(), converter=_sorted_refunds)

    def merge(self, other: Self) -> Self:
        """
        Return what both know.

        Raises:
            ValueError: The facts are of different orders.

        >>> from referrals_domain.testing import builders
        >>> refund = Refund(RefundId("1"), Money(6710, "USD"))
        >>> refunded = OrderFacts(order_id=builders.ORDER, refunds=(refund,))
        >>> known = refunded.merge(builders.facts())
        >>> (known.customer_id, known.refunds == (refund,))
        ('7002', True)
        >>> known == builders.facts().merge(refunded).merge(refunded)
        True
        """
        if self.order_id != other.order_id:
            raise ValueError("facts of different orders do not merge")
        if self.tells_nothing:
            return other
        return attrs.evolve(
            self,
            snapshot=max(
                (s for s in (self.snapshot, other.snapshot) if s),
                key=lambda snapshot: snapshot.recency,
                default=None,
            ),
            buyer=max(
                (b for b in (self.buyer, other.buyer) if b),
                key=lambda buyer: buyer.recency,
                default=None,
            ),
            signals=(*self.signals, *other.signals),
            test=self.test or other.test,
            placed_at=_earliest(self.placed_at, other.placed_at),
            paid_at=_earliest(self.paid_at, other.paid_at),
            cancelled_at=_earliest(self.cancelled_at, other.cancelled_at),
            refunds=(*self.refunds, *other.refunds),
        )

    def tells_more_than(self, known: Self) -> bool:
        """
        Tell whether anything is new here, but for the time of an otherwise equal body.

        An order's time of change moves with much that is not kept: a tag, a fulfilment.

        Raises:
            ValueError: The facts are of different orders.
        """
        both = known.merge(self)
        if both.snapshot and known.snapshot:
            at = known.snapshot.updated_at
            both = attrs.evolve(both, snapshot=attrs.evolve(both.snapshot, updated_at=at))
        if both.buyer and known.buyer:
            at = known.buyer.updated_at
            both = attrs.evolve(both, buyer=attrs.evolve(both.buyer, updated_at=at))
        return both != known

    def renamed(self, names: Mapping[CustomerId, CustomerId]) -> Self:
        """
        Return them with a tombstone in place of the friend, and without the friend's address.

        Args:
            names: The tombstones of customers who were redacted; of other friends nothing changes.
        """
        if self.buyer is None or self.buyer.customer_id not in names:
            return self
        return attrs.evolve(
            self,
            buyer=attrs.evolve(self.buyer, customer_id=names[self.buyer.customer_id]),
            snapshot=attrs.evolve(self.snapshot, address=None) if self.snapshot else None,
        )

    @property
    def tells_nothing(self) -> bool:
        """Whether nothing but the id is known: the neutral element."""
        return self == OrderFacts(order_id=self.order_id)

    @property
    def customer_id(self) -> CustomerId | None:
        """The friend, if any body named one."""
        return self.buyer.customer_id if self.buyer else None

    @property
    def undoes(self) -> bool:
        """Whether it takes something back: this counts even where no signal is known yet."""
        return self.cancelled_at is not None or bool(self.refunds)

    @property
    def address(self) -> AddressDigest | None:
        """Where the friend ordered from, as the latest body said."""
        return self.snapshot.address if self.snapshot else None


@attrs.frozen(kw_only=True)
class ReferredOrder:
    """
    An order of one merchant with everything that was found out about it.

    Args:
        merchant_id: The merchant that brought the order first.
        facts: The merged facts.
        evidence: The answers of Auth and Core, gathered once.
        attribution: The link that it is owed to, decided once.
        referral_id: The referral that it is bound to.
        explanation: How it was decided; None before it was.
    """

    merchant_id: MerchantId
    facts: OrderFacts
    evidence: Evidence = attrs.field(factory=Evidence)
    attribution: Attribution | None = None
    referral_id: ReferralId | None = None
    explanation: Explanation | None = None

    @property
    def key(self) -> OrderKey:
        """The order within its merchant."""
        return OrderKey(self.merchant_id, self.facts.order_id)

    @property
    def link_key(self) -> LinkKey | None:
        """The link that it is owed to, within its merchant."""
        if self.attribution is None:
            return None
        return LinkKey(self.merchant_id, self.attribution.referral_link_id)

    @property
    def friend(self) -> CustomerKey | None:
        """The friend within the merchant, if any body named one."""
        customer_id = self.facts.customer_id
        return CustomerKey(self.merchant_id, customer_id) if customer_id else None

    @property
    def referral_key(self) -> ReferralKey:
        """The referral that it is bound to; or else the one that it opens if it binds no share."""
        own_id = self.referral_id or ReferralId.of_order(*self.key)
        return ReferralKey(self.merchant_id, own_id)

    def learn(self, facts: OrderFacts) -> ReferredOrder:
        """Merge more facts in."""
        return attrs.evolve(self, facts=self.facts.merge(facts))

    def renamed(self, names: Mapping[CustomerId, CustomerId]) -> ReferredOrder:
        """Return it with tombstones in place of customers; see `OrderFacts.renamed`."""
        return attrs.evolve(
            self, facts=self.facts.renamed(names), evidence=self.evidence.renamed(names)
        )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((time for time in (one, other) if time), default=None)
