"""Tell what is kept of a customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import CustomerKey
    from referrals_domain.model.privacy import CustomerRecord


@attrs.frozen(kw_only=True)
class ExportCustomerData:
    """Tell what is kept of a customer; that answers their open data requests."""

    begin: Callable[[], Transaction]
    clock: Clock

    async def __call__(self, customer: CustomerKey) -> CustomerRecord:
        """
        Return what is kept; of a customer who was redacted, or is not known, nothing.

        Raises:
            NotFound: The merchant has no program.
        """
        async with self.begin() as tx:
            if customer.merchant_id not in await tx.merchant_keys.hold([customer.merchant_id]):
                raise NotFound("the merchant has no program")
            record = await tx.customer_records.of(customer)
            await tx.privacy_requests.answer(customer, at=self.clock.now(), touched=record.touched)
            await tx.commit()
        return record
