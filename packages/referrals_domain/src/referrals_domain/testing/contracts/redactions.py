"""The laws of `Redactions`."""

from __future__ import annotations

from datetime import timedelta

from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

NOW = builders.PLACED_AT
ONE = CustomerKey(builders.MERCHANT, CustomerId("redacted-" + "0" * 32))
OTHER = CustomerKey(builders.MERCHANT, CustomerId("redacted-" + "1" * 32))


class RedactionsContract(StoredContract):
    """A tombstone stands since it was first put up, at its merchant alone."""

    async def test_what_stands_is_found_and_what_does_not_is_left_out(self, begin: Begin) -> None:
        elsewhere = CustomerKey(MerchantId("other"), ONE.customer_id)
        async with begin() as tx:
            await tx.redactions.add(ONE, at=NOW)
            await tx.commit()
        async with begin() as tx:
            assert await tx.redactions.since([ONE, OTHER, elsewhere]) == {ONE: NOW}
            assert await tx.redactions.since([]) == {}

    async def test_of_several_times_the_first_stays(self, begin: Begin) -> None:
        for at in (NOW, NOW + timedelta(days=1)):
            async with begin() as tx:
                await tx.redactions.add(ONE, at=at)
                await tx.commit()
        async with begin() as tx:
            assert await tx.redactions.since([ONE]) == {ONE: NOW}

    async def test_leaving_without_a_commit_puts_none_up(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.redactions.add(ONE, at=NOW)
        async with begin() as tx:
            assert await tx.redactions.since([ONE]) == {}
