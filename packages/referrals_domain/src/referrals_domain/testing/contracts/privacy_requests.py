"""The laws of `PrivacyRequests`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs

from referrals_domain.model.identifiers import CustomerKey, MerchantId
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.privacy import PrivacyRequest

NOW = builders.PLACED_AT
LATER = NOW + timedelta(minutes=1)
FRIEND = CustomerKey(builders.MERCHANT, builders.FRIEND)
REDACT = PrivacyCall(
    kind=PrivacyKind.CUSTOMER_REDACT, customer_id=builders.FRIEND, received_at=NOW
)
DATA = attrs.evolve(REDACT, kind=PrivacyKind.DATA_REQUEST, received_at=LATER)
SHOP = PrivacyCall(kind=PrivacyKind.SHOP_REDACT, received_at=LATER + timedelta(minutes=1))


class PrivacyRequestsContract(StoredContract):
    """What is asked for is kept once, and as a receipt without anybody's id."""

    async def test_requests_are_listed_in_the_order_in_which_they_came(self, begin: Begin) -> None:
        await add(begin, SHOP, key="c")
        await add(begin, REDACT, key="a", touched={"quarantine": 2})
        first, second = await all_requests(begin)
        assert (first.kind, first.customer, first.received_at) == (REDACT.kind, FRIEND, NOW)
        assert (first.done_at, first.touched) == (None, {"quarantine": 2})
        assert (second.kind, second.customer) == (SHOP.kind, None)

    async def test_a_repetition_is_not_kept_twice(self, begin: Begin) -> None:
        assert await add(begin, REDACT, key="a")
        assert not await add(begin, REDACT, key="a")
        assert await add(begin, REDACT, key="b")
        assert await add(begin, DATA, key="a")
        assert await add(begin, REDACT, key="a", merchant_id=MerchantId("other"))

    async def test_twenty_at_once_are_one(self, begin: Begin) -> None:
        added = await asyncio.gather(*(add(begin, REDACT, key="a") for _ in range(20)))
        assert sorted(added) == [False] * 19 + [True]

    async def test_an_answer_ends_the_open_data_requests_of_a_customer(self, begin: Begin) -> None:
        await add(begin, DATA, key="a")
        await add(begin, DATA, key="b")
        await add(begin, REDACT, key="a")
        assert await _answer(begin) == 2
        assert await _answer(begin) == 0
        open_, *answered = await all_requests(begin)
        assert open_.done_at is None
        assert [(one.customer, one.done_at, one.touched) for one in answered] == [
            (None, LATER, {"referrals": 1})
        ] * 2

    async def test_leaving_without_a_commit_asks_for_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.privacy_requests.add(builders.MERCHANT, REDACT, key="a", touched={})
        assert await all_requests(begin) == []


async def add(begin: Begin, call: PrivacyCall, **about: Any) -> bool:
    """Add a request of a merchant; tell whether it was new."""
    async with begin() as tx:
        is_new = await tx.privacy_requests.add(
            about.get("merchant_id", builders.MERCHANT),
            call,
            key=about["key"],
            touched=about.get("touched", {}),
        )
        await tx.commit()
    return is_new


async def all_requests(begin: Begin) -> Sequence[PrivacyRequest]:
    """Return every request."""
    async with begin() as tx:
        return await tx.privacy_requests.all()


async def _answer(begin: Begin) -> int:
    async with begin() as tx:
        number = await tx.privacy_requests.answer(FRIEND, at=LATER, touched={"referrals": 1})
        await tx.commit()
    return number
