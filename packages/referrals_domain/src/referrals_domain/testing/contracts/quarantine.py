"""The laws of `Quarantine`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.model.mentions import Mentions
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Sequence


class QuarantineContract(StoredContract):
    """Any bytes are kept, and repeats do no harm."""

    async def test_any_bytes_are_kept_however_often_they_come(self, begin: Begin) -> None:
        every_byte = builders.unreadable_body(body=bytes(range(256)))
        for _ in range(2):
            async with begin() as tx:
                await tx.quarantine.add([builders.unreadable_body(), every_byte, every_byte])
                await tx.commit()

    async def test_what_mentions_somebody_is_forgotten_and_the_rest_is_kept(
        self, begin: Begin
    ) -> None:
        number, text = b'{"customer": {"id": 7002}}', rb'{"email": "Jo\u0040x.example'
        await _keep(begin, [number, text, b'{"id": 17002}', b"\xff"])
        mentions = Mentions(frozenset({"7002"}), frozenset({"jo@x.example"}))
        assert await _forget(begin, mentions) == 2
        assert await _forget(begin, mentions) == 0
        assert await _forget(begin, None) == 2

    async def test_another_shops_bodies_are_kept_and_the_header_may_be_in_any_case(
        self, begin: Begin
    ) -> None:
        await _keep(begin, [b"1"], shop=builders.SHOP.upper())
        await _keep(begin, [b"2"], shop="other.myshopify.com")
        assert await _forget(begin, None) == 1
        assert await _forget(begin, None, shop="other.myshopify.com") == 1

    async def test_however_many_they_are(self, begin: Begin) -> None:
        await _keep(begin, [b'{"id": 7002} %d' % number for number in range(45)])
        assert await _forget(begin, Mentions(frozenset({"7002"}))) == 45

    async def test_leaving_without_a_commit_forgets_nothing(self, begin: Begin) -> None:
        await _keep(begin, [b"1"])
        async with begin() as tx:
            await tx.quarantine.forget(builders.SHOP)
        assert await _forget(begin, None) == 1


async def _keep(begin: Begin, bodies: Sequence[bytes], *, shop: str = builders.SHOP) -> None:
    async with begin() as tx:
        await tx.quarantine.add([builders.unreadable_body(body=one, shop=shop) for one in bodies])
        await tx.commit()


async def _forget(begin: Begin, mentions: Mentions | None, *, shop: str = builders.SHOP) -> int:
    async with begin() as tx:
        number = await tx.quarantine.forget(ShopDomain(shop), mentions)
        await tx.commit()
    return number
