"""The laws of `MerchantRecords`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.everything import (
    KEY,
    OTHER,
    OTHER_SHOP,
    record_of,
    store_another_merchant,
    store_everything,
)

if TYPE_CHECKING:
    from referrals_domain.ports.customer_records import Touched


class MerchantRecordsContract(StoredContract):
    """A merchant is erased step by step, others are left alone."""

    async def test_every_table_is_emptied(self, begin: Begin) -> None:
        await store_everything(begin)
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
        await store_everything(begin)
        first = await _erase(begin, limit=1)
        assert first.rows["programs"] == first.rows["deliveries"] == 1
        second = await _erase(begin, limit=1)
        assert second.rows == {"deliveries": 1}
        assert (await _erase(begin, limit=1)).rows == {}

    async def test_another_merchant_is_left_alone(self, begin: Begin) -> None:
        await store_everything(begin)
        await store_another_merchant(begin)
        before = await record_of(begin, CustomerKey(OTHER, builders.ADVOCATE))
        await _erase(begin, limit=100)
        assert await record_of(begin, CustomerKey(OTHER, builders.ADVOCATE)) == before
        async with begin() as tx:
            assert (await tx.programs.get([OTHER])).keys() == {OTHER}
            assert await tx.quarantine.forget(OTHER_SHOP) == 1

    async def test_privacy_requests_stay(self, begin: Begin) -> None:
        await store_everything(begin)
        await _erase(begin, limit=100)
        async with begin() as tx:
            assert len(await tx.privacy_requests.all()) == 1

    async def test_leaving_without_a_commit_erases_nothing(self, begin: Begin) -> None:
        await store_everything(begin)
        async with begin() as tx:
            await tx.merchant_records.erase(builders.MERCHANT, limit=100)
        assert (await _erase(begin, limit=100)).rows


async def _erase(begin: Begin, *, limit: int) -> Touched:
    async with begin() as tx:
        await tx.merchant_keys.seize(builders.MERCHANT)
        touched = await tx.merchant_records.erase(builders.MERCHANT, limit=limit)
        await tx.commit()
    return touched
