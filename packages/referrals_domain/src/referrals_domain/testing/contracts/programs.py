"""The laws of `Programs`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from referrals_domain.errors import ShopTaken, Stale
from referrals_domain.model.identifiers import MerchantId, ShopDomain
from referrals_domain.model.program import CompleteOn, ReferralProgram
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract


class ProgramsContract(StoredContract):
    """One program a merchant, one a shop, versions without gaps."""

    async def test_a_program_is_read_back_as_it_was(self, begin: Begin) -> None:
        program = builders.program(
            window=timedelta(days=7, seconds=1),
            hold=timedelta(days=14),
            complete_on=CompleteOn.ORDER_PAID,
            minimum_order=5000,
            refund_percent=50,
            velocity_cap=3,
            review=True,
            new_friends_only=False,
            discount_link=True,
            active=False,
        )
        await _save(begin, program)
        async with begin() as tx:
            assert await tx.programs.get([builders.MERCHANT]) == {builders.MERCHANT: program}
            assert await tx.programs.by_shops([builders.SHOP]) == {builders.SHOP: program}

    async def test_what_does_not_exist_is_left_out(self, begin: Begin) -> None:
        async with begin() as tx:
            assert await tx.programs.get([builders.MERCHANT]) == {}
            assert await tx.programs.by_shops([builders.SHOP]) == {}
            assert await tx.programs.get([]) == {}
            assert await tx.programs.by_shops([]) == {}

    async def test_the_next_version_takes_the_place_of_the_one_before(self, begin: Begin) -> None:
        await _save(begin, builders.program())
        changed = builders.program(shop_domain=ShopDomain("new.myshopify.com"), version=2)
        await _save(begin, changed)
        async with begin() as tx:
            assert await tx.programs.get([builders.MERCHANT]) == {builders.MERCHANT: changed}

    @pytest.mark.parametrize("version", [1, 3])
    async def test_any_other_version_is_stale(self, begin: Begin, version: int) -> None:
        await _save(begin, builders.program())
        with pytest.raises(Stale):
            await _save(begin, builders.program(version=version))

    async def test_a_shop_has_one_program(self, begin: Begin) -> None:
        await _save(begin, builders.program())
        with pytest.raises(ShopTaken):
            await _save(begin, builders.program(merchant_id=MerchantId("other")))


async def _save(begin: Begin, program: ReferralProgram) -> None:
    async with begin() as tx:
        await tx.programs.save(program)
        await tx.commit()
