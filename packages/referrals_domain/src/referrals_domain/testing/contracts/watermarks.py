"""The laws of `Watermarks`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import MerchantId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from datetime import datetime

NOW = builders.PLACED_AT
LATER = NOW + timedelta(hours=1)
OTHER = MerchantId("other")


class WatermarksContract(StoredContract):
    """Each merchant has one, and it never goes back."""

    async def test_who_was_never_swept_has_none(self, begin: Begin) -> None:
        await _advance(begin, NOW)
        assert await _reached(begin, OTHER) is None

    async def test_it_goes_on(self, begin: Begin) -> None:
        await _advance(begin, NOW)
        await _advance(begin, LATER)
        assert await _reached(begin) == LATER

    async def test_it_never_goes_back(self, begin: Begin) -> None:
        await asyncio.gather(*(_advance(begin, NOW + timedelta(minutes=m)) for m in range(20)))
        await _advance(begin, NOW)
        assert await _reached(begin) == NOW + timedelta(minutes=19)

    async def test_what_was_rolled_back_was_never_reached(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.watermarks.advance(builders.MERCHANT, NOW)
        assert await _reached(begin) is None


async def _advance(begin: Begin, to: datetime) -> None:
    async with begin() as tx:
        await tx.watermarks.advance(builders.MERCHANT, to)
        await tx.commit()


async def _reached(begin: Begin, merchant_id: MerchantId = builders.MERCHANT) -> datetime | None:
    async with begin() as tx:
        return await tx.watermarks.get(merchant_id)
