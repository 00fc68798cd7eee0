"""The laws of `ReferralHistory`."""

from __future__ import annotations

from datetime import timedelta

import attrs

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import MerchantId, ReferralKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, save

INSTANT = timedelta(microseconds=1)
OPENED = builders.SHARED_AT
COMPLETED = builders.PLACED_AT


class ReferralHistoryContract(StoredContract):
    """What changed in a time is found, and what a referral went through."""

    async def test_a_time_begins_behind_its_first_instant_and_ends_with_its_last(
        self, begin_with_link: Begin
    ) -> None:
        share = numbered(1)
        await save(begin_with_link, opened(share))
        async with begin_with_link() as tx:
            changed = tx.history.changed
            assert await changed(after=OPENED - INSTANT, until=OPENED) == {share.key: 1}
            assert await changed(after=OPENED, until=OPENED + INSTANT) == {}
            assert await changed(after=OPENED - 2 * INSTANT, until=OPENED - INSTANT) == {}

    async def test_a_referral_has_the_last_version_that_it_got_in_the_time(
        self, begin_with_link: Begin
    ) -> None:
        share = numbered(1)
        await save(begin_with_link, opened(share), completed(share))
        async with begin_with_link() as tx:
            changed = tx.history.changed
            assert await changed(after=OPENED - INSTANT, until=COMPLETED) == {share.key: 2}
            assert await changed(after=OPENED - INSTANT, until=OPENED) == {share.key: 1}

    async def test_of_too_many_changes_the_earliest_come(self, begin_with_link: Begin) -> None:
        shares = [
            attrs.evolve(numbered(number), updated_at=OPENED - number * INSTANT)
            for number in range(3)
        ]
        await save(begin_with_link, *map(opened, shares))
        async with begin_with_link() as tx:
            found = await tx.history.changed(after=OPENED - 9 * INSTANT, until=OPENED, limit=2)
        assert found == {share.key: 1 for share in shares[1:]}

    async def test_a_referral_has_every_version_that_it_got(self, begin_with_link: Begin) -> None:
        share, other = numbered(1), numbered(2)
        done = completed(share)
        await save(begin_with_link, opened(share), done, opened(other))
        async with begin_with_link() as tx:
            assert await tx.history.of(share.key) == [share.view, done.referral.view]
            assert await tx.history.of(other.key) == [other.view]

    async def test_what_another_merchant_has_is_no_history(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(numbered(1)))
        async with begin_with_link() as tx:
            foreign = ReferralKey(MerchantId("other"), numbered(1).id)
            assert await tx.history.of(foreign) == []

    async def test_what_was_not_committed_did_not_happen(self, begin_with_link: Begin) -> None:
        async with begin_with_link() as tx:
            await tx.referrals.save([opened(numbered(1))])
        async with begin_with_link() as tx:
            assert await tx.history.changed(after=OPENED - INSTANT, until=OPENED) == {}
