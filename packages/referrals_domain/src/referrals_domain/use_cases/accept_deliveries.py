"""Take in what Shopify delivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.delivery import AcceptedDelivery, Receipt
from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.model.program import ReferralProgram
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import Delivery


@attrs.frozen(kw_only=True)
class AcceptDeliveries:
    """Take in what Shopify delivers: once this returns, it is durable or not ours."""

    begin: Callable[[], Transaction]

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt]:
        """
        Store what belongs to a program, in one transaction; answer for each, in order.

        Raises:
            Unavailable: The database is away, or the outcome of the commit is unknown.
        """
        async with self.begin() as tx:
            programs = await tx.programs.by_shops({one.shop_domain for one in deliveries})
            keys = await tx.merchant_keys.hold({one.merchant_id for one in programs.values()})
            programs = {
                shop: program for shop, program in programs.items() if program.merchant_id in keys
            }
            owners = [_owner(one, programs.get(one.shop_domain)) for one in deliveries]
            friends = {
                CustomerKey(owner.merchant_id, friend)
                for one, owner in zip(deliveries, owners, strict=True)
                if isinstance(owner, ReferralProgram) and (friend := one.facts.customer_id)
            }
            gone = await redacted(tx, keys, friends)
            accepted = [
                AcceptedDelivery(
                    merchant_id=owner.merchant_id,
                    topic=one.topic,
                    facts=gone.facts(owner.merchant_id, one.facts),
                    received_at=one.received_at,
                    source=one.source,
                )
                for one, owner in zip(deliveries, owners, strict=True)
                if isinstance(owner, ReferralProgram)
            ]
            new = iter(await tx.deliveries.add(accepted) if accepted else [])
            await tx.commit()
        return [
            owner if isinstance(owner, Receipt) else _receipt(is_new=next(new)) for owner in owners
        ]


def _owner(delivery: Delivery, program: ReferralProgram | None) -> ReferralProgram | Receipt:
    """Find whose delivery it is: the header is not signed, the host in the body is."""
    if program is None:
        return Receipt.NO_PROGRAM
    if delivery.named_host is not None and delivery.named_host not in program.hosts:
        return Receipt.SHOP_MISMATCH
    return program


def _receipt(*, is_new: bool) -> Receipt:
    return Receipt.STORED if is_new else Receipt.REPEATED
