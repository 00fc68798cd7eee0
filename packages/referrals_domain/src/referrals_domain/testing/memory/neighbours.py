"""Auth, Core and the broker in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.evidence import CustomerStanding
from referrals_domain.model.identifiers import CustomerKey, MerchantId
from referrals_domain.ports.customer_validator import CustomerValidator
from referrals_domain.ports.event_publisher import Decided, EventPublisher
from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict
from referrals_domain.ports.outbox import OutboxEntry

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


@attrs.define
class InMemoryMerchantValidator(MerchantValidator):
    """Auth in memory: it answers what it was given, and counts the questions."""

    verdicts: dict[MerchantId, Verdict] = attrs.field(factory=dict)
    accepts_the_token: bool = True
    asked: list[MerchantId] = attrs.field(factory=list)

    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        """Return the verdicts that were given."""
        if not self.accepts_the_token:
            raise Unauthenticated("the token is not accepted")
        self.asked += merchant_ids
        return {id_: self.verdicts[id_] for id_ in merchant_ids if id_ in self.verdicts}


@attrs.define
class InMemoryCustomerValidator(CustomerValidator):
    """Core in memory: it answers what it was given, and counts the questions."""

    known: dict[CustomerKey, CustomerStanding] = attrs.field(factory=dict)
    accepts_the_token: bool = True
    asked: list[CustomerKey] = attrs.field(factory=list)

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """Return the standings that were given."""
        if not self.accepts_the_token:
            raise Unauthenticated("the token is not accepted")
        self.asked += customers
        return {key: self.known[key] for key in customers if key in self.known}


@attrs.define
class InMemoryEventPublisher(EventPublisher):
    """
    The broker in memory.

    Args:
        log: The entries that it has.
        acknowledges: Whether it decides anything.
        largest: The size of the largest payload that it takes.
    """

    log: list[OutboxEntry] = attrs.field(factory=list)
    acknowledges: bool = True
    largest: int = 1_000_000

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Append entries to the log."""
        if not self.acknowledges:
            return Decided()
        acknowledged: list[OutboxEntry] = []
        refused: dict[OutboxEntry, str] = {}
        for entry in entries:
            if entry.referral_id in {one.referral_id for one in refused}:
                continue
            if len(entry.payload) > self.largest:
                refused[entry] = "too_large"
            else:
                acknowledged.append(entry)
        self.log += acknowledged
        return Decided(acknowledged=acknowledged, refused=refused)
