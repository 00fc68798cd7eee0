"""The laws of `Addresses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import (
    AddressDigest,
    CustomerId,
    MerchantId,
    OrderId,
    OrderKey,
)
from referrals_domain.ports.addresses import AddressUse
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, reversed_

if TYPE_CHECKING:
    from referrals_domain.model.decision import Transition
    from referrals_domain.model.order import ReferredOrder

DONE = completed(numbered(1))
KEY = OrderKey(builders.MERCHANT, OrderId("2"))
"""The referral that is stored, and its order."""

OTHER_ADDRESS = AddressDigest("0b" * 16)
USE = AddressUse(
    order=OrderKey(builders.MERCHANT, OrderId("9")),
    advocate=builders.ADVOCATE,
    friend=CustomerId("7003"),
    address=builders.ADDRESS,
)
"""What another friend does, which nobody has stored."""


class AddressesContract(StoredContract):
    """Shared is what two friends of one advocate use, however their orders ended."""

    async def test_an_address_that_another_friend_ordered_from_is_shared(
        self, begin: Begin
    ) -> None:
        await _store(begin, DONE)
        async with begin() as tx:
            assert set(await tx.addresses.shared([USE])) == {USE}

    async def test_an_order_that_was_undone_still_came_from_there(self, begin: Begin) -> None:
        await _store(begin, DONE, reversed_(DONE.referral))
        async with begin() as tx:
            assert set(await tx.addresses.shared([USE])) == {USE}

    @pytest.mark.parametrize(
        "changes",
        [
            {"address": OTHER_ADDRESS},
            {"advocate": CustomerId("7009")},
            {"friend": builders.FRIEND},
            {"order": OrderKey(MerchantId("other"), OrderId("9"))},
            {"order": KEY},
        ],
        ids=["address", "advocate", "friend", "merchant", "order"],
    )
    async def test_it_is_shared_only_by_another_friend_of_the_same_advocate(
        self, begin: Begin, changes: dict[str, Any]
    ) -> None:
        await _store(begin, DONE)
        async with begin() as tx:
            assert not await tx.addresses.shared([USE._replace(**changes)])

    async def test_an_order_from_nowhere_shares_nothing(self, begin: Begin) -> None:
        await _store(begin, DONE, address=None)
        async with begin() as tx:
            assert not await tx.addresses.shared([USE])

    async def test_an_order_of_nobody_shares_nothing(self, begin: Begin) -> None:
        nobody = attrs.evolve(DONE.referral, referred_customer_id=None)
        await _store(begin, attrs.evolve(DONE, referral=nobody))
        async with begin() as tx:
            assert not await tx.addresses.shared([USE])

    async def test_an_order_that_was_not_decided_yet_shares_nothing(self, begin: Begin) -> None:
        await _store(begin, DONE, decided=False)
        async with begin() as tx:
            assert not await tx.addresses.shared([USE])

    async def test_of_several_those_that_are_shared_are_returned(self, begin: Begin) -> None:
        await _store(begin, DONE)
        elsewhere = USE._replace(address=OTHER_ADDRESS)
        later = USE._replace(order=OrderKey(builders.MERCHANT, OrderId("10")))
        async with begin() as tx:
            assert set(await tx.addresses.shared([USE, elsewhere, later])) == {USE, later}
            assert not await tx.addresses.shared([])

    async def test_what_was_rolled_back_shares_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.referrals.save([opened(numbered(1)), DONE])
            await tx.orders.lock([KEY])
            await tx.orders.save([_order(builders.ADDRESS, decided=True)], at=builders.PLACED_AT)
        async with begin() as tx:
            assert not await tx.addresses.shared([USE])


def _order(address: AddressDigest | None, *, decided: bool) -> ReferredOrder:
    return builders.order(
        facts=builders.facts_from(address, order_id=KEY.order_id),
        referral_id=DONE.referral.id if decided else None,
    )


async def _store(
    begin: Begin,
    *transitions: Transition,
    address: AddressDigest | None = builders.ADDRESS,
    decided: bool = True,
) -> None:
    """Store an order and its referral."""
    async with begin() as tx:
        await tx.referrals.save([opened(numbered(1)), *transitions])
        await tx.orders.lock([KEY])
        await tx.orders.save([_order(address, decided=decided)], at=builders.PLACED_AT)
        await tx.commit()
