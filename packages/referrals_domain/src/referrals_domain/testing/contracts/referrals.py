"""The laws of `Referrals`."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from referrals_domain.errors import FriendTaken, Stale
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.identifiers import (
    CustomerId,
    MerchantId,
    OrderId,
    ReferralId,
    ReferralKey,
)
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract


class ReferralsContract(StoredContract):
    """Versions without gaps, and one referral a friend."""

    async def test_a_saved_referral_is_read_back_as_it_was(self, begin_with_link: Begin) -> None:
        referral = builders.referral()
        await save(begin_with_link, opened(referral))
        async with begin_with_link() as tx:
            assert await tx.referrals.get([referral.key]) == {referral.key: referral}
            assert await tx.referrals.lock([referral.key]) == {referral.key: referral}

    async def test_a_completed_referral_is_read_back_as_it_was(
        self, begin_with_link: Begin
    ) -> None:
        done = completed(builders.referral())
        await save(begin_with_link, opened(builders.referral()), done)
        async with begin_with_link() as tx:
            stored = await tx.referrals.get([done.referral.key])
        assert stored == {done.referral.key: done.referral}

    async def test_what_does_not_exist_is_left_out(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(builders.referral()))
        async with begin_with_link() as tx:
            foreign = ReferralKey(MerchantId("other"), builders.REFERRAL)
            assert await tx.referrals.get([foreign]) == {}
            assert await tx.referrals.lock([foreign]) == {}
            assert await tx.referrals.get([]) == {}
            assert await tx.referrals.lock([]) == {}

    async def test_a_second_save_from_the_same_read_is_stale(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(builders.referral()))
        await save(begin_with_link, completed(builders.referral()))
        with pytest.raises(Stale):
            await save(begin_with_link, completed(builders.referral()))

    async def test_a_referral_is_opened_once(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(builders.referral()))
        with pytest.raises(Stale):
            await save(begin_with_link, opened(builders.referral()))

    async def test_a_stale_referral_keeps_the_others_from_being_saved(
        self, begin_with_link: Begin
    ) -> None:
        fresh = numbered(2)
        with pytest.raises(Stale):
            await save(begin_with_link, opened(fresh), completed(builders.referral()))
        async with begin_with_link() as tx:
            assert await tx.referrals.get([fresh.key]) == {}

    async def test_of_twenty_concurrent_saves_one_wins(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(builders.referral()))

        async def complete() -> bool:
            try:
                await save(begin_with_link, completed(builders.referral()))
            except Stale:
                return False
            return True

        assert sum(await asyncio.gather(*(complete() for _ in range(20)))) == 1

    async def test_a_friend_is_held_once(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(numbered(1)), completed(numbered(1)))
        await save(begin_with_link, opened(numbered(2)))
        with pytest.raises(FriendTaken):
            await save(begin_with_link, completed(numbered(2)))

    async def test_of_twenty_concurrent_orders_of_a_friend_one_completes(
        self, begin_with_link: Begin
    ) -> None:
        async def complete(number: int) -> bool:
            try:
                await save(begin_with_link, opened(numbered(number)), completed(numbered(number)))
            except FriendTaken:
                return False
            return True

        assert sum(await asyncio.gather(*(complete(number) for number in range(20)))) == 1

    async def test_of_twenty_concurrent_referrals_of_an_order_one_is_bound_to_it(
        self, begin_with_link: Begin
    ) -> None:
        async def bind(number: int) -> bool:
            own = completed(numbered(number)).referral
            friend = CustomerId(f"8{number:02}")
            bound = attrs.evolve(own, order_id=builders.ORDER, referred_customer_id=friend)
            moved = Transition(referral=bound, from_status=ReferralStatus.PENDING)
            try:
                await save(begin_with_link, opened(numbered(number)), moved)
            except Stale:
                return False
            return True

        assert sum(await asyncio.gather(*map(bind, range(20)))) == 1

    async def test_a_reversed_referral_frees_the_friend(self, begin_with_link: Begin) -> None:
        first = completed(numbered(1))
        await save(begin_with_link, opened(numbered(1)), first)
        await save(begin_with_link, reversed_(first.referral))
        await save(begin_with_link, opened(numbered(2)), completed(numbered(2)))
        async with begin_with_link() as tx:
            stored = await tx.referrals.get([numbered(1).key, numbered(2).key])
        holders = [one.id for one in stored.values() if one.holds_the_friend]
        assert holders == [numbered(2).id]


def numbered(number: int) -> Referral:
    """Return one of many referrals of the same link."""
    return builders.referral(id=ReferralId(f"22222222-2222-4222-8222-2222222222{number:02}"))


def completed(referral: Referral) -> Transition:
    """Return the transition of a referral that the friend's order completes."""
    after = attrs.evolve(
        referral,
        status=ReferralStatus.COMPLETED,
        cause=Cause.ORDER_CREATED,
        version=referral.version + 1,
        updated_at=builders.PLACED_AT,
        order_id=OrderId(str(int(referral.id[-2:]) + 1)),
        referred_customer_id=builders.FRIEND,
    )
    return Transition(referral=after, from_status=referral.status)


def reversed_(referral: Referral) -> Transition:
    """Return the transition of a referral whose order was cancelled."""
    after = attrs.evolve(
        referral,
        status=ReferralStatus.REVERSED,
        cause=Cause.ORDER_CANCELLED,
        version=referral.version + 1,
    )
    return Transition(referral=after, from_status=referral.status)


async def save(begin: Begin, *transitions: Transition) -> None:
    """Save transitions in a transaction of their own."""
    async with begin() as tx:
        await tx.referrals.save(transitions)
        await tx.commit()
