"""Take in what Shopify delivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.delivery import AcceptedDelivery, Receipt
from referrals_domain.model.identifiers import CustomerKey, ShopDomain
from referrals_domain.model.program import ReferralProgram
from referrals_domain.ports.intake import Intake
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_domain.model.delivery import Delivery
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.order import OrderFacts


_MOST_SEEN: Final = 10_000  # programs, of about a kilobyte


@attrs.frozen(kw_only=True)
class AcceptDeliveries:
    """
    Take in what Shopify delivers: once this returns, it is durable or not ours.

    Programs that were seen are remembered, for `Intake` tells whether they are still like that.

    Args:
        begin: Begins a transaction.
        intake: Stores deliveries of programs that were seen.
    """

    begin: Callable[[], Transaction]
    intake: Intake
    _seen: dict[ShopDomain, ReferralProgram] = attrs.field(factory=dict, init=False)

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt]:
        """
        Store what belongs to a program, in one transaction; answer for each, in order.

        Raises:
            Unavailable: The database is away, or the outcome of the commit is unknown.
        """
        return await self._accept_of_seen(deliveries) or await self._look_and_accept(deliveries)

    async def _accept_of_seen(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt] | None:
        """Store them if all are of programs that were seen, and are still like that."""
        owners = [_owner(one, self._seen.get(one.shop_domain)) for one in deliveries]
        programs = {one.merchant_id: one for one in owners if isinstance(one, ReferralProgram)}
        accepted = [
            _accepted(one, owner, one.facts)
            for one, owner in zip(deliveries, owners, strict=True)
            if isinstance(owner, ReferralProgram)
        ]
        if not accepted or len(accepted) < len(deliveries):
            return None
        new = await self.intake.add(accepted, programs=programs.values())
        return None if new is None else [_receipt(is_new=one) for one in new]

    async def _look_and_accept(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt]:
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
                _accepted(one, owner, gone.facts(owner.merchant_id, one.facts))
                for one, owner in zip(deliveries, owners, strict=True)
                if isinstance(owner, ReferralProgram)
            ]
            new = iter(await tx.deliveries.add(accepted) if accepted else [])
            await tx.commit()
        keyless = {id_ for id_, key in keys.items() if key is None}
        for shop in {one.shop_domain for one in deliveries}:
            self._remember(shop, programs.get(shop), keyless)
        return [
            owner if isinstance(owner, Receipt) else _receipt(is_new=next(new)) for owner in owners
        ]

    def _remember(
        self, shop: ShopDomain, program: ReferralProgram | None, keyless: Collection[MerchantId]
    ) -> None:
        if program is None or program.merchant_id not in keyless:
            self._seen.pop(shop, None)
            return
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen[shop] = program


def _accepted(delivery: Delivery, owner: ReferralProgram, facts: OrderFacts) -> AcceptedDelivery:
    return AcceptedDelivery(
        merchant_id=owner.merchant_id,
        topic=delivery.topic,
        facts=facts,
        received_at=delivery.received_at,
        source=delivery.source,
    )


def _owner(delivery: Delivery, program: ReferralProgram | None) -> ReferralProgram | Receipt:
    """Find whose delivery it is: the header is not signed, the host in the body is."""
    if program is None:
        return Receipt.NO_PROGRAM
    if delivery.named_host is not None and delivery.named_host not in program.hosts:
        return Receipt.SHOP_MISMATCH
    return program


def _receipt(*, is_new: bool) -> Receipt:
    return Receipt.STORED if is_new else Receipt.REPEATED
