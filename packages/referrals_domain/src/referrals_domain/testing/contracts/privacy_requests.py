"""The laws of `PrivacyRequests` and `PrivacyWork`."""

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
        await _add(begin, SHOP, key="c")
        await _add(begin, REDACT, key="a", touched={"quarantine": 2})
        first, second = await _all(begin)
        assert (first.kind, first.customer, first.received_at) == (REDACT.kind, FRIEND, NOW)
        assert (first.done_at, first.touched) == (None, {"quarantine": 2})
        assert (second.kind, second.customer) == (SHOP.kind, None)

    async def test_a_repetition_is_not_kept_twice(self, begin: Begin) -> None:
        assert await _add(begin, REDACT, key="a")
        assert not await _add(begin, REDACT, key="a")
        assert await _add(begin, REDACT, key="b")
        assert await _add(begin, DATA, key="a")
        assert await _add(begin, REDACT, key="a", merchant_id=MerchantId("other"))

    async def test_twenty_at_once_are_one(self, begin: Begin) -> None:
        added = await asyncio.gather(*(_add(begin, REDACT, key="a") for _ in range(20)))
        assert sorted(added) == [False] * 19 + [True]

    async def test_an_answer_ends_the_open_data_requests_of_a_customer(self, begin: Begin) -> None:
        await _add(begin, DATA, key="a")
        await _add(begin, DATA, key="b")
        await _add(begin, REDACT, key="a")
        assert await _answer(begin) == 2
        assert await _answer(begin) == 0
        open_, *answered = await _all(begin)
        assert open_.done_at is None
        assert [(one.customer, one.done_at, one.touched) for one in answered] == [
            (None, LATER, {"referrals": 1})
        ] * 2

    async def test_leaving_without_a_commit_asks_for_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.privacy_requests.add(builders.MERCHANT, REDACT, key="a", touched={})
        assert await _all(begin) == []


class PrivacyWorkContract(StoredContract):
    """Redactions wait until they are done, the oldest first."""

    async def test_redactions_wait_and_data_requests_do_not(self, begin: Begin) -> None:
        await _add(begin, SHOP, key="a")
        await _add(begin, DATA, key="b")
        await _add(begin, REDACT, key="c")
        async with begin() as tx:
            waiting = await tx.privacy_work.waiting(10)
            locked = [await tx.privacy_work.lock(one.id) for one in waiting]
            assert locked == waiting
            assert await tx.privacy_work.waiting(1) == waiting[:1]
        assert [one.kind for one in waiting] == [REDACT.kind, SHOP.kind]

    async def test_progress_adds_up_and_the_end_forgets_whom_it_was_about(
        self, begin: Begin
    ) -> None:
        await _add(begin, REDACT, key="a", touched={"quarantine": 1})
        (request,) = await _all(begin)
        for rows, done_at in (({"referrals": 2, "outbox": 1}, None), ({"referrals": 3}, LATER)):
            async with begin() as tx:
                locked = await tx.privacy_work.lock(request.id)
                assert locked
                assert locked.customer == FRIEND
                await tx.privacy_work.progress(request.id, rows, done_at=done_at)
                await tx.commit()
        (done,) = await _all(begin)
        assert done.touched == {"quarantine": 1, "referrals": 5, "outbox": 1}
        assert (done.done_at, done.customer) == (LATER, None)
        async with begin() as tx:
            assert await tx.privacy_work.waiting(10) == []
            assert await tx.privacy_work.lock(request.id) is None

    async def test_clearing_leaves_the_one_and_other_merchants(self, begin: Begin) -> None:
        await _add(begin, SHOP, key="a")
        await _add(begin, REDACT, key="b")
        await _add(begin, DATA, key="c", merchant_id=MerchantId("other"))
        shop = next(one for one in await _all(begin) if one.kind is SHOP.kind)
        async with begin() as tx:
            assert await tx.privacy_work.clear(shop.id) == 1
            await tx.commit()
        assert {one.kind for one in await _all(begin)} == {SHOP.kind, DATA.kind}

    async def test_of_two_workers_one_gets_it(self, begin: Begin) -> None:
        await _add(begin, REDACT, key="a")
        (request,) = await _all(begin)

        async def work() -> bool:
            async with begin() as tx:
                locked = await tx.privacy_work.lock(request.id)
                if locked:
                    await asyncio.sleep(0.05)
                    await tx.privacy_work.progress(request.id, {}, done_at=LATER)
                    await tx.commit()
            return locked is not None

        assert sorted(await asyncio.gather(work(), work())) == [False, True]


async def _add(begin: Begin, call: PrivacyCall, **about: Any) -> bool:
    async with begin() as tx:
        is_new = await tx.privacy_requests.add(
            about.get("merchant_id", builders.MERCHANT),
            call,
            key=about["key"],
            touched=about.get("touched", {}),
        )
        await tx.commit()
    return is_new


async def _all(begin: Begin) -> Sequence[PrivacyRequest]:
    async with begin() as tx:
        return await tx.privacy_requests.all()


async def _answer(begin: Begin) -> int:
    async with begin() as tx:
        number = await tx.privacy_requests.answer(FRIEND, at=LATER, touched={"referrals": 1})
        await tx.commit()
    return number
