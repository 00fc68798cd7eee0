"""The laws of a transaction."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from referrals_domain.errors import Stale
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.program import ReferralProgram


class TransactionContract(StoredContract):
    """All or nothing, and one winner."""

    async def test_leaving_without_commit_changes_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.programs.save(builders.program())
        async with begin() as tx:
            assert not await tx.programs.get([builders.MERCHANT])

    async def test_an_error_changes_nothing_and_comes_out(self, begin: Begin) -> None:
        with pytest.raises(ZeroDivisionError):
            await _save_and_fail(begin)
        async with begin() as tx:
            assert not await tx.programs.get([builders.MERCHANT])

    async def test_what_was_committed_is_there(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.programs.save(builders.program())
            await tx.commit()
        async with begin() as tx:
            stored = await tx.programs.get([builders.MERCHANT])
        assert stored == {builders.MERCHANT: builders.program()}

    async def test_a_failed_save_leaves_nothing_of_the_transaction(self, begin: Begin) -> None:
        with pytest.raises(Stale):
            await _save_a_link_and_a_stale_program(begin)
        async with begin() as tx:
            assert not await tx.links.get([builders.link().key])

    async def test_what_is_not_committed_nobody_else_sees(self, begin: Begin) -> None:
        async def look() -> Mapping[MerchantId, ReferralProgram]:
            async with begin() as tx:
                return await tx.programs.get([builders.MERCHANT])

        async with begin() as tx:
            await tx.programs.save(builders.program())
            looking = asyncio.create_task(look())
            await asyncio.sleep(0.05)  # it looks, or waits for its turn
        assert await looking == {}

    async def test_of_twenty_concurrent_writers_one_wins(self, begin: Begin) -> None:
        async def put() -> bool:
            try:
                async with begin() as tx:
                    await asyncio.sleep(0)  # else nobody comes between who never waits
                    await tx.programs.save(builders.program())
                    await tx.commit()
            except Stale:
                return False
            return True

        assert sum(await asyncio.gather(*(put() for _ in range(20)))) == 1


async def _save_and_fail(begin: Begin) -> None:
    async with begin() as tx:
        await tx.programs.save(builders.program())
        raise ZeroDivisionError


async def _save_a_link_and_a_stale_program(begin: Begin) -> None:
    async with begin() as tx:
        await tx.links.add(builders.link())
        await tx.programs.save(builders.program(version=7))
