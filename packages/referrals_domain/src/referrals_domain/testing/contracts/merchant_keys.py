"""The laws of `MerchantKeys`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = MerchantKey(bytes(range(32)))
NOBODY = MerchantId("nobody")


class MerchantKeysContract(StoredContract):
    """A merchant with a program has one key at most, and the first stays."""

    async def test_only_merchants_with_a_program_are_answered_for(
        self, begin_with_link: Begin
    ) -> None:
        assert await _held(begin_with_link) == {builders.MERCHANT: None}

    async def test_a_key_that_was_given_is_found_by_all_three(
        self, begin_with_link: Begin
    ) -> None:
        assert await _add(begin_with_link, KEY) == KEY
        async with begin_with_link() as tx:
            assert await tx.merchant_keys.get([builders.MERCHANT]) == {builders.MERCHANT: KEY}
            assert await tx.merchant_keys.hold([builders.MERCHANT]) == {builders.MERCHANT: KEY}
        async with begin_with_link() as tx:
            assert await tx.merchant_keys.seize(builders.MERCHANT) == KEY
            assert await tx.merchant_keys.seize(NOBODY) is None

    async def test_the_first_key_stays(self, begin_with_link: Begin) -> None:
        await _add(begin_with_link, KEY)
        assert await _add(begin_with_link, MerchantKey(bytes(32))) == KEY

    async def test_leaving_without_a_commit_gives_no_key(self, begin_with_link: Begin) -> None:
        async with begin_with_link() as tx:
            await tx.merchant_keys.add(builders.MERCHANT, KEY)
        assert await _held(begin_with_link) == {builders.MERCHANT: None}

    async def test_twenty_who_give_one_at_once_learn_of_the_same(
        self, begin_with_link: Begin
    ) -> None:
        keys = [MerchantKey(bytes([number] * 32)) for number in range(20)]
        assert len(set(await asyncio.gather(*(_add(begin_with_link, key) for key in keys)))) == 1

    async def test_of_no_merchants_nothing_is_said(self, begin: Begin) -> None:
        async with begin() as tx:
            assert await tx.merchant_keys.hold([]) == {}

    async def test_who_seizes_a_merchant_waits_for_all_who_hold_it(
        self, begin_with_link: Begin
    ) -> None:
        order: list[str] = []

        async def hold() -> None:
            async with begin_with_link() as tx:
                await tx.merchant_keys.hold([builders.MERCHANT, NOBODY])
                held.set()
                await asyncio.sleep(0.05)
                order.append("held")

        async def seize() -> None:
            await held.wait()
            async with begin_with_link() as tx:
                await tx.merchant_keys.seize(builders.MERCHANT)
                order.append("seized")

        held = asyncio.Event()
        await asyncio.gather(hold(), seize())
        assert order == ["held", "seized"]

    async def test_who_holds_a_merchant_sees_what_was_done_while_it_was_seized(
        self, begin_with_link: Begin
    ) -> None:
        seized = asyncio.Event()

        async def give() -> None:
            async with begin_with_link() as tx:
                await tx.merchant_keys.seize(builders.MERCHANT)
                seized.set()
                await asyncio.sleep(0.05)
                await tx.merchant_keys.add(builders.MERCHANT, KEY)
                await tx.commit()

        async def hold() -> Mapping[MerchantId, MerchantKey | None]:
            await seized.wait()
            return await _held(begin_with_link)

        _, held = await asyncio.gather(give(), hold())
        assert held == {builders.MERCHANT: KEY}


async def _held(begin: Begin) -> Mapping[MerchantId, MerchantKey | None]:
    async with begin() as tx:
        return await tx.merchant_keys.hold([builders.MERCHANT, NOBODY])


async def _add(begin: Begin, key: MerchantKey) -> MerchantKey:
    async with begin() as tx:
        stored = await tx.merchant_keys.add(builders.MERCHANT, key)
        await tx.commit()
    return stored
