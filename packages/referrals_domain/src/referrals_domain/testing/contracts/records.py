"""The laws of `CustomerRecords` and `MerchantRecords`."""

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
from referrals_domain.model.order import Buyer
from referrals_domain.model.privacy import CustomerRecord, PrivacyCall, PrivacyKind
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.request import fingerprint
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from referrals_domain.ports.customer_records import Touched
    from referrals_domain.ports.transaction import Transaction

AT: Final = builders.PLACED_AT + timedelta(days=9)
TOMBSTONE: Final = CustomerId("redacted-" + "7" * 32)
OTHER: Final = MerchantId("other")
OTHER_SHOP: Final = ShopDomain("other.myshopify.com")
FRIEND: Final = CustomerKey(builders.MERCHANT, builders.FRIEND)
ADVOCATE: Final = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
KEY: Final = ReferralKey(builders.MERCHANT, builders.REFERRAL)
ORDER: Final = OrderKey(builders.MERCHANT, builders.ORDER)


class CustomerRecordsContract(StoredContract):
    """A customer is found in both roles, and after a redaction nowhere."""

    async def test_a_friend_is_found_with_their_order(self, begin: Begin) -> None:
        await _store(begin)
        record = await _record(begin, FRIEND)
        assert [one.key for one in record.referrals] == [KEY]
        assert [one.key for one in record.orders] == [ORDER]
        assert [line.version for line in record.history] == [1, 2]
        assert record.links == ()

    async def test_an_advocate_is_found_with_their_link_but_not_the_friends_order(
        self, begin: Begin
    ) -> None:
        await _store(begin)
        record = await _record(begin, ADVOCATE)
        assert record.links == (builders.link(),)
        assert [one.key for one in record.referrals] == [KEY]
        assert record.orders == ()

    async def test_of_others_nothing_is_found(self, begin: Begin) -> None:
        await _store(begin)
        for nobody in (
            CustomerKey(builders.MERCHANT, CustomerId("9")),
            CustomerKey(MerchantId("nobody"), builders.FRIEND),
        ):
            assert await _record(begin, nobody) == CustomerRecord(customer=nobody)

    async def test_a_redacted_friend_is_a_tombstone_everywhere(self, begin: Begin) -> None:
        await _store(begin)
        touched = await _redact(begin, FRIEND)
        assert touched.rows == {
            "referrals": 1,
            "referred_orders": 1,
            "deliveries": 2,
            "outbox": 1,
        }
        assert touched.versions == {KEY: 2}
        assert await _record(begin, FRIEND) == CustomerRecord(customer=FRIEND)
        record = await _record(begin, CustomerKey(builders.MERCHANT, TOMBSTONE))
        (order,) = record.orders
        assert order.facts == builders.facts(
            buyer=Buyer(updated_at=builders.PLACED_AT, customer_id=TOMBSTONE)
        )
        assert order.evidence.customers.keys() == {builders.ADVOCATE, TOMBSTONE}
        assert order.evidence.address == AddressCheck(
            address=None, customer_id=TOMBSTONE, shared=True
        )
        assert [one.advocate for one in record.referrals] == [ADVOCATE]
        async with begin() as tx:
            assert (await tx.conversions.by_friends([FRIEND])) == {}

    async def test_a_redacted_advocate_is_a_tombstone_and_their_link_revoked(
        self, begin: Begin
    ) -> None:
        await _store(begin)
        touched = await _redact(begin, ADVOCATE)
        assert touched.rows == {
            "referral_links": 1,
            "referrals": 1,
            "referred_orders": 1,
            "requests": 1,
            "outbox": 1,
        }
        assert await _record(begin, ADVOCATE) == CustomerRecord(customer=ADVOCATE)
        async with begin() as tx:
            (link,) = (await tx.links.get([builders.link().key])).values()
            order = (await tx.orders.get([ORDER]))[ORDER]
        assert (link.customer_id, link.revoked_at) == (TOMBSTONE, AT)
        assert order.facts == builders.facts_from(builders.ADDRESS)
        assert order.evidence.customers.keys() == {TOMBSTONE, builders.FRIEND}

    async def test_a_link_that_was_revoked_before_stays_revoked_since_then(
        self, begin: Begin
    ) -> None:
        await _store(begin)
        async with begin() as tx:
            (link,) = (await tx.links.lock([builders.link().key])).values()
            await tx.links.save(link.revoke(builders.PLACED_AT))
            await tx.commit()
        await _redact(begin, ADVOCATE)
        async with begin() as tx:
            (link,) = (await tx.links.get([builders.link().key])).values()
        assert link.revoked_at == builders.PLACED_AT

    async def test_done_again_it_finds_nothing(self, begin: Begin) -> None:
        await _store(begin)
        await _redact(begin, FRIEND)
        again = await _redact(begin, FRIEND)
        assert (again.rows, again.versions) == ({}, {})

    async def test_a_waiting_delivery_still_waits_and_a_repetition_is_known(
        self, begin: Begin
    ) -> None:
        await _store(begin)
        await _redact(begin, FRIEND)
        facts = builders.facts_from(builders.ADDRESS).renamed({builders.FRIEND: TOMBSTONE})
        async with begin() as tx:
            assert await tx.deliveries.add([builders.accepted_delivery(facts=facts)]) == [False]
            (claimed,) = await tx.deliveries.claim(9, at=AT, until=AT)
        assert claimed.facts == facts

    async def test_deliveries_that_differed_in_the_address_alone_become_one(
        self, begin: Begin
    ) -> None:
        await _store(begin)
        async with begin() as tx:
            await tx.deliveries.add([builders.accepted_delivery()])
            await tx.commit()
        await _redact(begin, FRIEND)
        async with begin() as tx:
            assert len(await tx.deliveries.claim(9, at=AT, until=AT)) == 1

    async def test_a_call_that_made_a_link_can_still_be_repeated(self, begin: Begin) -> None:
        await _store(begin)
        await _redact(begin, ADVOCATE)
        asked = builders.request(fingerprint=fingerprint("create_referral_link", TOMBSTONE))
        async with begin() as tx:
            assert await tx.requests.add([asked]) == {asked.key: asked}

    async def test_a_person_of_another_merchant_with_the_same_id_is_left_alone(
        self, begin: Begin
    ) -> None:
        await _store(begin)
        await _store_other(begin)
        theirs = CustomerKey(OTHER, builders.ADVOCATE)
        before = await _record(begin, theirs)
        await _redact(begin, ADVOCATE)
        assert await _record(begin, theirs) == before
        assert before.links

    async def test_leaving_without_a_commit_redacts_nobody(self, begin: Begin) -> None:
        await _store(begin)
        before = await _record(begin, FRIEND)
        async with begin() as tx:
            await tx.customer_records.redact(FRIEND, TOMBSTONE, at=AT)
        assert await _record(begin, FRIEND) == before


class MerchantRecordsContract(StoredContract):
    """A merchant is erased step by step, others are left alone."""

    async def test_every_table_is_emptied(self, begin: Begin) -> None:
        await _store(begin)
        touched = await _erase(begin, limit=100)
        assert touched.rows == {
            "quarantine": 1,
            "programs": 1,
            "merchant_keys": 1,
            "redactions": 1,
            "referral_links": 1,
            "referrals": 1,
            "referral_history": 2,
            "referred_orders": 1,
            "requests": 1,
            "deliveries": 2,
            "visits": 1,
            "outbox": 1,
        }
        assert touched.versions == {KEY: 3}
        assert (await _erase(begin, limit=100)).rows == {}

    async def test_a_limit_is_kept_and_the_program_goes_first(self, begin: Begin) -> None:
        await _store(begin)
        first = await _erase(begin, limit=1)
        assert first.rows["programs"] == first.rows["deliveries"] == 1
        second = await _erase(begin, limit=1)
        assert second.rows == {"deliveries": 1}
        assert (await _erase(begin, limit=1)).rows == {}

    async def test_another_merchant_is_left_alone(self, begin: Begin) -> None:
        await _store(begin)
        await _store_other(begin)
        before = await _record(begin, CustomerKey(OTHER, builders.ADVOCATE))
        await _erase(begin, limit=100)
        assert await _record(begin, CustomerKey(OTHER, builders.ADVOCATE)) == before
        async with begin() as tx:
            assert (await tx.programs.get([OTHER])).keys() == {OTHER}
            assert await tx.quarantine.forget(OTHER_SHOP) == 1

    async def test_privacy_requests_stay(self, begin: Begin) -> None:
        await _store(begin)
        await _erase(begin, limit=100)
        async with begin() as tx:
            assert len(await tx.privacy_requests.all()) == 1

    async def test_leaving_without_a_commit_erases_nothing(self, begin: Begin) -> None:
        await _store(begin)
        async with begin() as tx:
            await tx.merchant_records.erase(builders.MERCHANT, limit=100)
        assert (await _erase(begin, limit=100)).rows


async def _store(begin: Begin) -> None:
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


async def _store_other(begin: Begin) -> None:
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


async def _record(begin: Begin, customer: CustomerKey) -> CustomerRecord:
    async with begin() as tx:
        return await tx.customer_records.of(customer)


async def _redact(begin: Begin, customer: CustomerKey) -> Touched:
    async with begin() as tx:
        await tx.merchant_keys.seize(customer.merchant_id)
        touched = await tx.customer_records.redact(customer, TOMBSTONE, at=AT)
        await tx.commit()
    return touched


async def _erase(begin: Begin, *, limit: int) -> Touched:
    async with begin() as tx:
        await tx.merchant_keys.seize(builders.MERCHANT)
        touched = await tx.merchant_records.erase(builders.MERCHANT, limit=limit)
        await tx.commit()
    return touched
