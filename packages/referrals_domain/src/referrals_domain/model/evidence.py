"""What was found out about an order: gathered once, stored, and reused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from referrals_domain.model.identifiers import (
    AddressDigest,
    CustomerId,
    CustomerKey,
    MerchantId,
)
from referrals_domain.model.review import Review


@attrs.frozen(kw_only=True)
class CustomerStanding:
    """
    What Core answered about a customer.

    Args:
        known: Whether Core knows them; an unknown customer has no further answers.
        answered_at: When Core answered.
        frequency: The number of their orders.
        first_order_time: The time of their first order, if Core has one.
    """

    known: bool
    answered_at: datetime
    frequency: int = 0
    first_order_time: datetime | None = None


@attrs.frozen(kw_only=True)
class AddressCheck:
    """
    Whether friends of one advocate share an address.

    Args:
        address: The address that the order came from; None: it was forgotten since.
        customer_id: The friend who ordered.
        shared: Whether another friend of the advocate had ordered from there when this order was
            first decided.
    """

    address: AddressDigest | None
    customer_id: CustomerId
    shared: bool


@attrs.frozen(kw_only=True)
class Evidence:
    """
    The answers that belong to one order.

    Args:
        merchant_valid: What Auth said of the merchant; None while it has not.
        customers: What Core said of the advocate and the friend.
        advocate_conversions: How many referrals of the advocate had completed, or qualified, on
            the order's day (UTC) when this order was first decided; None before that.
        address: What was found out about the order's address, where a person reviews.
        review: What a person decided who looked at it.
    """

    merchant_valid: bool | None = None
    customers: Mapping[CustomerId, CustomerStanding] = attrs.field(factory=dict)
    advocate_conversions: int | None = None
    address: AddressCheck | None = None
    review: Review | None = None

    def with_answers(self, questions: Questions, answers: Answers) -> Evidence:
        """
        Add what was answered to the questions of this order; an answer given once stays.

        Only that Core does not know a customer may change: it may lag behind the shop.

        >>> from referrals_domain.testing import builders
        >>> asked = Questions(merchants=frozenset({builders.MERCHANT}))
        >>> def said(valid):
        ...     return Answers(merchants={builders.MERCHANT: valid})
        >>> first = Evidence().with_answers(asked, said(True))
        >>> first.with_answers(asked, said(False)).merchant_valid
        True
        """
        merchant_valid = self.merchant_valid
        if merchant_valid is None:
            merchant_valid = next(
                (answers.merchants[id_] for id_ in questions.merchants & answers.merchants.keys()),
                None,
            )
        fresh = {
            key.customer_id: answers.customers[key]
            for key in questions.customers & answers.customers.keys()
        }
        lasting = {id_: standing for id_, standing in self.customers.items() if standing.known}
        return attrs.evolve(
            self, merchant_valid=merchant_valid, customers={**self.customers, **fresh, **lasting}
        )

    def renamed(self, names: Mapping[CustomerId, CustomerId]) -> Evidence:
        """Return it with tombstones in place of customers, and without a friend's address."""
        address = self.address
        if address and address.customer_id in names:
            address = attrs.evolve(address, customer_id=names[address.customer_id], address=None)
        customers = {names.get(id_, id_): one for id_, one in self.customers.items()}
        return attrs.evolve(self, customers=customers, address=address)


@attrs.frozen(kw_only=True)
class Questions:
    """What is to be asked, without repetition."""

    merchants: frozenset[MerchantId] = frozenset()
    customers: frozenset[CustomerKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.merchants or self.customers)

    def __or__(self, other: Questions) -> Questions:
        return Questions(
            merchants=self.merchants | other.merchants, customers=self.customers | other.customers
        )

    def renamed(self, names: Mapping[CustomerKey, CustomerKey]) -> Questions:
        """Return them with tombstones in place of customers who were redacted since."""
        return attrs.evolve(
            self, customers=frozenset(names.get(key, key) for key in self.customers)
        )


@attrs.frozen(kw_only=True)
class Answers:
    """What was answered; a question that is not in here was not answered."""

    merchants: Mapping[MerchantId, bool] = attrs.field(factory=dict)
    customers: Mapping[CustomerKey, CustomerStanding] = attrs.field(factory=dict)

    def renamed(self, names: Mapping[CustomerKey, CustomerKey]) -> Answers:
        """Return them with tombstones in place of customers who were redacted since."""
        return attrs.evolve(
            self, customers={names.get(key, key): one for key, one in self.customers.items()}
        )
