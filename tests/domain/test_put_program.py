"""A program is put, and shown as it was last put."""

from __future__ import annotations

import asyncio

import pytest

from referrals_domain.errors import NotFound, ShopTaken, Stale
from referrals_domain.model.identifiers import MerchantId, ShopDomain
from referrals_domain.testing import builders
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.use_cases.get_program import GetProgram
from referrals_domain.use_cases.put_program import PutProgram


async def test_a_first_program_has_version_1_whatever_it_says() -> None:
    store = InMemoryStore()
    put = await PutProgram(begin=store.begin)(builders.program(version=9))
    assert put == builders.program(version=1)
    assert await GetProgram(begin=store.begin)(builders.MERCHANT) == put


async def test_a_change_is_the_next_version() -> None:
    store = InMemoryStore()
    await PutProgram(begin=store.begin)(builders.program())
    put = await PutProgram(begin=store.begin)(builders.program(velocity_cap=5))
    assert put == builders.program(velocity_cap=5, version=2)
    assert await GetProgram(begin=store.begin)(builders.MERCHANT) == put


async def test_the_same_settings_again_are_no_change() -> None:
    store = InMemoryStore()
    first = await PutProgram(begin=store.begin)(builders.program())
    again = await PutProgram(begin=store.begin)(builders.program(version=7))
    assert again == first
    assert await GetProgram(begin=store.begin)(builders.MERCHANT) == first


async def test_a_shop_of_another_merchant_is_taken_and_nothing_is_stored() -> None:
    store = InMemoryStore()
    await PutProgram(begin=store.begin)(builders.program())
    other = MerchantId("other")
    with pytest.raises(ShopTaken):
        await PutProgram(begin=store.begin)(builders.program(merchant_id=other))
    with pytest.raises(NotFound):
        await GetProgram(begin=store.begin)(other)


async def test_a_merchant_may_move_to_another_shop() -> None:
    store = InMemoryStore()
    await PutProgram(begin=store.begin)(builders.program())
    moved = ShopDomain("new.myshopify.com")
    await PutProgram(begin=store.begin)(builders.program(shop_domain=moved))
    async with store.begin() as tx:
        assert list(await tx.programs.by_shops([builders.SHOP, moved])) == [moved]


async def test_of_many_who_put_at_once_none_loses_a_version() -> None:
    store = InMemoryStore()

    async def put(cap: int) -> int | None:
        try:
            program = await PutProgram(begin=store.begin)(builders.program(velocity_cap=cap))
        except Stale:
            return None
        return program.version

    versions = [one for one in await asyncio.gather(*(put(cap) for cap in range(10))) if one]
    assert sorted(versions) == list(range(1, len(versions) + 1))


async def test_a_merchant_without_a_program_has_none_to_show() -> None:
    with pytest.raises(NotFound, match=r"^the merchant has no program$"):
        await GetProgram(begin=InMemoryStore().begin)(builders.MERCHANT)
