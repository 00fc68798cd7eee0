"""A store that has something in every table, for suites that look into all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.evidence import AddressCheck
from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    LinkId,
    MerchantId,
    OrderId,
    OrderKey,
    ReferralId,
    ReferralKey,
    ShopDomain,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.request import fingerprint
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.model.privacy import CustomerRecord
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.testing.contracts.begin import Begin

AT: Final = builders.PLACED_AT + timedelta(days=9)
OTHER: Final = MerchantId("other")
OTHER_SHOP: Final = ShopDomain("other.myshopify.com")
KEY: Final = ReferralKey(builders.MERCHANT, builders.REFERRAL)
ORDER: Final = OrderKey(builders.MERCHANT, builders.ORDER)


async def store_everything(begin: Begin) -> None:
    """Store a completed referral with everything that there is around it."""
    facts = builders.facts_from(builders.ADDRESS)
    after = attrs.evolve(
        builders.referral(),
        status=ReferralStatus.COMPLETED,
        cause=Cause.ORDER_CREATED,
        version=2,
        order_id=builders.ORDER,
        referred_customer_id=builders.FRIEND,
    )
    check = AddressCheck(address=builders.ADDRESS, customer_id=builders.FRIEND, shared=True)
    order = builders.order_in_review(facts=facts, evidence=builders.evidence(address=check))
    async with begin() as tx:
        await tx.programs.save(builders.program())
        await tx.links.add(builders.link())
        await tx.referrals.save([opened(builders.referral())])
        await tx.referrals.save([Transition(referral=after, from_status=ReferralStatus.PENDING)])
        await tx.orders.lock([ORDER])
        await tx.orders.save([order], at=builders.PLACED_AT)
        await _store_deliveries(tx)
        await tx.outbox.add([builders.referral_completed()])
        made = fingerprint("create_referral_link", builders.ADVOCATE)
        await tx.requests.add([builders.request(fingerprint=made)])
        await tx.quarantine.add([builders.unreadable_body(shop=builders.SHOP.upper())])
        link, share = builders.link().key, builders.REFERRAL
        day = builders.PLACED_AT.date()
        await tx.visits.add({Visit(link=link, share=share, channel=Channel.SMS, day=day): 3})
        await tx.merchant_keys.add(builders.MERCHANT, MerchantKey(bytes(32)))
        await tx.redactions.add(
            CustomerKey(builders.MERCHANT, CustomerId("redacted-" + "0" * 32)), at=AT
        )
        call = PrivacyCall(kind=PrivacyKind.SHOP_REDACT, received_at=AT)
        await tx.privacy_requests.add(builders.MERCHANT, call, key="a", touched={})
        await tx.commit()


async def _store_deliveries(tx: Transaction) -> None:
    """Store one that was settled, and one that waits."""
    facts = builders.facts_from(builders.ADDRESS)
    settled = attrs.evolve(facts, paid_at=None)
    await tx.deliveries.add([builders.accepted_delivery(facts=settled)])
    claimed = await tx.deliveries.claim(1, at=builders.accepted_delivery().received_at, until=AT)
    await tx.deliveries.finish({one.id: Outcome.SETTLED for one in claimed})
    await tx.deliveries.add([builders.accepted_delivery(facts=facts)])


async def store_another_merchant(begin: Begin) -> None:
    """Store the same persons at another merchant."""
    link = builders.link(
        merchant_id=OTHER,
        id=LinkId("99999999-9999-4999-8999-999999999999"),
        code=ReferralCode.of_number(1),
    )
    referral = builders.referral(
        merchant_id=OTHER,
        id=ReferralId("88888888-8888-4888-8888-888888888888"),
        referral_link_id=link.id,
    )
    facts = builders.facts(order_id=OrderId("1"))
    async with begin() as tx:
        await tx.programs.save(builders.program(merchant_id=OTHER, shop_domain=OTHER_SHOP))
        await tx.links.add(link)
        await tx.referrals.save([opened(referral)])
        await tx.deliveries.add([builders.accepted_delivery(merchant_id=OTHER, facts=facts)])
        await tx.outbox.add([builders.referral_completed(merchant_id=OTHER)])
        await tx.quarantine.add([builders.unreadable_body(shop=OTHER_SHOP, body=b"other")])
        await tx.commit()


async def record_of(begin: Begin, customer: CustomerKey) -> CustomerRecord:
    """Return what is kept of a customer."""
    async with begin() as tx:
        return await tx.customer_records.of(customer)
