"""The laws of `PrivacyWork`."""

from __future__ import annotations

import asyncio

from referrals_domain.model.identifiers import MerchantId
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.privacy_requests import (
    DATA,
    FRIEND,
    LATER,
    REDACT,
    SHOP,
    add,
    all_requests,
)


class PrivacyWorkContract(StoredContract):
    """Redactions wait until they are done, the oldest first."""

    async def test_redactions_wait_and_data_requests_do_not(self, begin: Begin) -> None:
        await add(begin, SHOP, key="a")
        await add(begin, DATA, key="b")
        await add(begin, REDACT, key="c")
        async with begin() as tx:
            waiting = await tx.privacy_work.waiting(10)
            locked = [await tx.privacy_work.lock(one.id) for one in waiting]
            assert locked == waiting
            assert await tx.privacy_work.waiting(1) == waiting[:1]
        assert [one.kind for one in waiting] == [REDACT.kind, SHOP.kind]

    async def test_progress_adds_up_and_the_end_forgets_whom_it_was_about(
        self, begin: Begin
    ) -> None:
        await add(begin, REDACT, key="a", touched={"quarantine": 1})
        (request,) = await all_requests(begin)
        for rows, done_at in (({"referrals": 2, "outbox": 1}, None), ({"referrals": 3}, LATER)):
            async with begin() as tx:
                locked = await tx.privacy_work.lock(request.id)
                assert locked
                assert locked.customer == FRIEND
                await tx.privacy_work.progress(request.id, rows, done_at=done_at)
                await tx.commit()
        (done,) = await all_requests(begin)
        assert done.touched == {"quarantine": 1, "referrals": 5, "outbox": 1}
        assert (done.done_at, done.customer) == (LATER, None)
        async with begin() as tx:
            assert await tx.privacy_work.waiting(10) == []
            assert await tx.privacy_work.lock(request.id) is None

    async def test_clearing_leaves_the_one_and_other_merchants(self, begin: Begin) -> None:
        await add(begin, SHOP, key="a")
        await add(begin, REDACT, key="b")
        await add(begin, DATA, key="c", merchant_id=MerchantId("other"))
        shop = next(one for one in await all_requests(begin) if one.kind is SHOP.kind)
        async with begin() as tx:
            assert await tx.privacy_work.clear(shop.id) == 1
            await tx.commit()
        assert {one.kind for one in await all_requests(begin)} == {SHOP.kind, DATA.kind}

    async def test_of_two_workers_one_gets_it(self, begin: Begin) -> None:
        await add(begin, REDACT, key="a")
        (request,) = await all_requests(begin)

        async def work() -> bool:
            async with begin() as tx:
                locked = await tx.privacy_work.lock(request.id)
                if locked:
                    await asyncio.sleep(0.05)  # the other looks, or waits for its turn
                    await tx.privacy_work.progress(request.id, {}, done_at=LATER)
                    await tx.commit()
            return locked is not None

        assert sorted(await asyncio.gather(work(), work())) == [False, True]
