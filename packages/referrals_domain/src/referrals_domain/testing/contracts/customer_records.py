"""The laws of `CustomerRecords`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_domain.model.evidence import AddressCheck
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.model.order import Buyer
from referrals_domain.model.privacy import CustomerRecord
from referrals_domain.model.request import fingerprint
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.everything import (
    AT,
    KEY,
    ORDER,
    OTHER,
    record_of,
    store_another_merchant,
    store_everything,
)

if TYPE_CHECKING:
    from referrals_domain.ports.customer_records import Touched

TOMBSTONE: Final = CustomerId("redacted-" + "7" * 32)
FRIEND: Final = CustomerKey(builders.MERCHANT, builders.FRIEND)
ADVOCATE: Final = CustomerKey(builders.MERCHANT, builders.ADVOCATE)


class CustomerRecordsContract(StoredContract):
    """A customer is found in both roles, and after a redaction nowhere."""

    async def test_a_friend_is_found_with_their_order(self, begin: Begin) -> None:
        await store_everything(begin)
        record = await record_of(begin, FRIEND)
        assert [one.key for one in record.referrals] == [KEY]
        assert [one.key for one in record.orders] == [ORDER]
        assert [line.version for line in record.history] == [1, 2]
        assert record.links == ()

    async def test_an_advocate_is_found_with_their_link_but_not_the_friends_order(
        self, begin: Begin
    ) -> None:
        await store_everything(begin)
        record = await record_of(begin, ADVOCATE)
        assert record.links == (builders.link(),)
        assert [one.key for one in record.referrals] == [KEY]
        assert record.orders == ()

    async def test_of_others_nothing_is_found(self, begin: Begin) -> None:
        await store_everything(begin)
        for nobody in (
            CustomerKey(builders.MERCHANT, CustomerId("9")),
            CustomerKey(MerchantId("nobody"), builders.FRIEND),
        ):
            assert await record_of(begin, nobody) == CustomerRecord(customer=nobody)

    async def test_a_redacted_friend_is_a_tombstone_everywhere(self, begin: Begin) -> None:
        await store_everything(begin)
        touched = await _redact(begin, FRIEND)
        assert touched.rows == {
            "referrals": 1,
            "referred_orders": 1,
            "deliveries": 2,
            "outbox": 1,
        }
        assert touched.versions == {KEY: 2}
        assert await record_of(begin, FRIEND) == CustomerRecord(customer=FRIEND)
        record = await record_of(begin, CustomerKey(builders.MERCHANT, TOMBSTONE))
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
        await store_everything(begin)
        touched = await _redact(begin, ADVOCATE)
        assert touched.rows == {
            "referral_links": 1,
            "referrals": 1,
            "referred_orders": 1,
            "requests": 1,
            "outbox": 1,
        }
        assert await record_of(begin, ADVOCATE) == CustomerRecord(customer=ADVOCATE)
        async with begin() as tx:
            (link,) = (await tx.links.get([builders.link().key])).values()
            order = (await tx.orders.get([ORDER]))[ORDER]
        assert (link.customer_id, link.revoked_at) == (TOMBSTONE, AT)
        assert order.facts == builders.facts_from(builders.ADDRESS)
        assert order.evidence.customers.keys() == {TOMBSTONE, builders.FRIEND}

    async def test_a_link_that_was_revoked_before_stays_revoked_since_then(
        self, begin: Begin
    ) -> None:
        await store_everything(begin)
        async with begin() as tx:
            (link,) = (await tx.links.lock([builders.link().key])).values()
            await tx.links.save(link.revoke(builders.PLACED_AT))
            await tx.commit()
        await _redact(begin, ADVOCATE)
        async with begin() as tx:
            (link,) = (await tx.links.get([builders.link().key])).values()
        assert link.revoked_at == builders.PLACED_AT

    async def test_done_again_it_finds_nothing(self, begin: Begin) -> None:
        await store_everything(begin)
        await _redact(begin, FRIEND)
        again = await _redact(begin, FRIEND)
        assert (again.rows, again.versions) == ({}, {})

    async def test_a_waiting_delivery_still_waits_and_a_repetition_is_known(
        self, begin: Begin
    ) -> None:
        await store_everything(begin)
        await _redact(begin, FRIEND)
        facts = builders.facts_from(builders.ADDRESS).renamed({builders.FRIEND: TOMBSTONE})
        async with begin() as tx:
            assert await tx.deliveries.add([builders.accepted_delivery(facts=facts)]) == [False]
            (claimed,) = await tx.deliveries.claim(9, at=AT, until=AT)
        assert claimed.facts == facts

    async def test_deliveries_that_differed_in_the_address_alone_become_one(
        self, begin: Begin
    ) -> None:
        await store_everything(begin)
        async with begin() as tx:
            await tx.deliveries.add([builders.accepted_delivery()])
            await tx.commit()
        await _redact(begin, FRIEND)
        async with begin() as tx:
            assert len(await tx.deliveries.claim(9, at=AT, until=AT)) == 1

    async def test_a_call_that_made_a_link_can_still_be_repeated(self, begin: Begin) -> None:
        await store_everything(begin)
        await _redact(begin, ADVOCATE)
        asked = builders.request(fingerprint=fingerprint("create_referral_link", TOMBSTONE))
        async with begin() as tx:
            assert await tx.requests.add([asked]) == {asked.key: asked}

    async def test_a_person_of_another_merchant_with_the_same_id_is_left_alone(
        self, begin: Begin
    ) -> None:
        await store_everything(begin)
        await store_another_merchant(begin)
        theirs = CustomerKey(OTHER, builders.ADVOCATE)
        before = await record_of(begin, theirs)
        await _redact(begin, ADVOCATE)
        assert await record_of(begin, theirs) == before
        assert before.links

    async def test_leaving_without_a_commit_redacts_nobody(self, begin: Begin) -> None:
        await store_everything(begin)
        before = await record_of(begin, FRIEND)
        async with begin() as tx:
            await tx.customer_records.redact(FRIEND, TOMBSTONE, at=AT)
        assert await record_of(begin, FRIEND) == before


async def _redact(begin: Begin, customer: CustomerKey) -> Touched:
    async with begin() as tx:
        await tx.merchant_keys.seize(customer.merchant_id)
        touched = await tx.customer_records.redact(customer, TOMBSTONE, at=AT)
        await tx.commit()
    return touched
