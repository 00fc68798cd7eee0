"""Find out who was redacted, so that no id of theirs is written again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.evidence import CustomerStanding
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_domain.model.merchant_key import MerchantKey
    from referrals_domain.model.order import OrderFacts
    from referrals_domain.ports.transaction import Transaction


@attrs.frozen(kw_only=True)
class Redacted:
    """
    Those among some customers who were redacted.

    Args:
        names: The tombstone of each.
        since: Since when each tombstone stands.
    """

    names: Mapping[CustomerKey, CustomerKey] = attrs.field(factory=dict)
    since: Mapping[CustomerKey, datetime] = attrs.field(factory=dict)

    def name(self, customer: CustomerKey) -> CustomerId:
        """Return the id by which a customer may be written down."""
        return self.names.get(customer, customer).customer_id

    def facts(self, merchant_id: MerchantId, facts: OrderFacts) -> OrderFacts:
        """Return facts of a merchant's order as they may be written down."""
        friend = facts.customer_id
        tombstone = self.names.get(CustomerKey(merchant_id, friend)) if friend else None
        return facts.renamed({friend: tombstone.customer_id}) if friend and tombstone else facts

    def standing(self, tombstone: CustomerKey, *, at: datetime) -> CustomerStanding:
        """
        Return how a tombstone stands, about whom nobody can be asked.

        It stands for somebody who was a customer when they were redacted, at the latest.

        Args:
            tombstone: The tombstone.
            at: When the order was placed.
        """
        return CustomerStanding(
            known=True, answered_at=at, first_order_time=self.since.get(tombstone)
        )


async def redacted(
    tx: Transaction,
    keys: Mapping[MerchantId, MerchantKey | None],
    customers: Iterable[CustomerKey],
) -> Redacted:
    """
    Find out who among customers was redacted; nobody is asked if no merchant has a key.

    Args:
        tx: The transaction.
        keys: The merchants' keys: held, if anything is to be written.
        customers: The customers, by their ids or by tombstones.
    """
    names = {
        customer: CustomerKey(customer.merchant_id, key.tombstone(customer.customer_id))
        for customer in customers
        if (key := keys.get(customer.merchant_id))
    }
    since = await tx.redactions.since(set(names.values())) if names else {}
    return Redacted(
        names={customer: tombstone for customer, tombstone in names.items() if tombstone in since},
        since=since,
    )
