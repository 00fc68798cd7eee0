"""The laws of `ReferralLinks`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_domain.errors import CodeTaken
from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.identifiers import CustomerId, LinkId, LinkKey, MerchantId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from referrals_domain.model.link import ReferralLink

OTHER = MerchantId("other")


class ReferralLinksContract(StoredContract):
    """One link an advocate, one code a link, and walls between merchants."""

    async def test_a_link_is_found_by_id_and_by_code(self, begin: Begin) -> None:
        link = await _add(begin, builders.link())
        async with begin() as tx:
            assert await tx.links.get([link.key]) == {link.key: link}
            assert await tx.links.lock([link.key]) == {link.key: link}
            code = CodeKey(link.merchant_id, link.code)
            assert await tx.links.by_codes([code]) == {code: link}

    async def test_what_does_not_exist_is_left_out(self, begin: Begin) -> None:
        link = await _add(begin, builders.link())
        unknown = ReferralCode.of_number(1)
        async with begin() as tx:
            assert await tx.links.by_codes([CodeKey(link.merchant_id, unknown)]) == {}
            assert await tx.links.get([]) == {}
            assert await tx.links.lock([]) == {}
            assert await tx.links.by_codes([]) == {}

    async def test_another_merchants_link_does_not_exist(self, begin: Begin) -> None:
        link = await _add(begin, builders.link())
        async with begin() as tx:
            assert await tx.links.get([LinkKey(OTHER, link.id)]) == {}
            assert await tx.links.by_codes([CodeKey(OTHER, link.code)]) == {}

    async def test_an_advocate_who_asks_again_gets_the_same_link(self, begin: Begin) -> None:
        first = await _add(begin, builders.link())
        again = builders.link(
            id=LinkId("33333333-3333-4333-8333-333333333333"), code=ReferralCode.of_number(2)
        )
        assert await _add(begin, again) == first

    async def test_a_code_is_unique_at_a_merchant(self, begin: Begin) -> None:
        await _add(begin, builders.link())
        other = builders.link(
            id=LinkId("33333333-3333-4333-8333-333333333333"), customer_id=CustomerId("1")
        )
        with pytest.raises(CodeTaken):
            await _add(begin, other)

    async def test_two_merchants_may_have_the_same_code(self, begin: Begin) -> None:
        await _add(begin, builders.link())
        other = builders.link(id=LinkId("33333333-3333-4333-8333-333333333333"), merchant_id=OTHER)
        assert await _add(begin, other) == other

    async def test_twenty_who_ask_at_once_get_one_link(self, begin: Begin) -> None:
        links = [
            builders.link(
                id=LinkId(f"33333333-3333-4333-8333-3333333333{number:02}"),
                code=ReferralCode.of_number(number),
            )
            for number in range(20)
        ]
        answers = await asyncio.gather(*(_add(begin, link) for link in links))
        assert len({answer.id for answer in answers}) == 1

    async def test_a_link_is_saved_in_the_place_of_what_it_was(self, begin: Begin) -> None:
        await _add(begin, builders.link())
        neighbour = await _add(begin, builders.link(merchant_id=OTHER))
        revoked = builders.link(revoked_at=builders.PLACED_AT)
        async with begin() as tx:
            await tx.links.lock([revoked.key])
            await tx.links.save(revoked)
            await tx.commit()
        async with begin() as tx:
            stored = await tx.links.get([revoked.key, neighbour.key])
        assert stored == {revoked.key: revoked, neighbour.key: neighbour}

    async def test_what_was_not_committed_was_not_saved(self, begin: Begin) -> None:
        link = await _add(begin, builders.link())
        async with begin() as tx:
            await tx.links.lock([link.key])
            await tx.links.save(link.revoke(builders.PLACED_AT))
        async with begin() as tx:
            assert await tx.links.get([link.key]) == {link.key: link}

    async def test_of_twenty_who_revoke_it_at_once_the_first_counts(self, begin: Begin) -> None:
        link = await _add(begin, builders.link())

        async def revoke(minutes: int) -> ReferralLink:
            async with begin() as tx:
                locked = (await tx.links.lock([link.key]))[link.key]
                await asyncio.sleep(0)  # else nobody comes between who never waits
                revoked = locked.revoke(builders.PLACED_AT + timedelta(minutes=minutes))
                await tx.links.save(revoked)
                await tx.commit()
            return revoked

        revoked = await asyncio.gather(*(revoke(minutes) for minutes in range(20)))
        assert len({one.revoked_at for one in revoked}) == 1

    async def test_saving_a_link_that_is_not_there_is_a_mistake(self, begin: Begin) -> None:
        async with begin() as tx:
            with pytest.raises(AssertionError):
                await tx.links.save(builders.link())


async def _add(begin: Begin, link: ReferralLink) -> ReferralLink:
    async with begin() as tx:
        added = await tx.links.add(link)
        await tx.commit()
    return added
