"""The laws of `StaleStatuses`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import numbered

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ReferralKey

KEY = builders.referral().key


class StaleStatusesContract(StoredContract):
    """What was noted stays until that version was told."""

    async def test_the_larger_version_counts(self, begin: Begin) -> None:
        for version in (2, 3, 1):
            await _add(begin, KEY, version)
        async with begin() as tx:
            assert await tx.stale_statuses.first(10) == {KEY: 3}

    async def test_what_was_told_is_forgotten(self, begin: Begin) -> None:
        await _add(begin, KEY, 2)
        async with begin() as tx:
            await tx.stale_statuses.delete({KEY: 2})
            await tx.commit()
        async with begin() as tx:
            assert await tx.stale_statuses.first(10) == {}

    async def test_what_has_grown_since_it_was_read_stays(self, begin: Begin) -> None:
        await _add(begin, KEY, 2)
        await _add(begin, KEY, 3)
        async with begin() as tx:
            await tx.stale_statuses.delete({KEY: 2})
            await tx.commit()
        async with begin() as tx:
            assert await tx.stale_statuses.first(10) == {KEY: 3}

    async def test_what_waits_longest_comes_first_though_it_grew_meanwhile(
        self, begin: Begin
    ) -> None:
        for number, version in ((3, 1), (1, 1), (2, 1), (3, 2)):
            await _add(begin, numbered(number).key, version)
        async with begin() as tx:
            first = await tx.stale_statuses.first(2)
        assert first == {numbered(3).key: 2, numbered(1).key: 1}

    async def test_no_more_than_the_limit_come(self, begin: Begin) -> None:
        for number in range(3):
            await _add(begin, numbered(number).key, 1)
        async with begin() as tx:
            assert len(await tx.stale_statuses.first(2)) == 2

    async def test_nothing_is_added_or_deleted_for_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.stale_statuses.add({})
            await tx.stale_statuses.delete({})
            assert await tx.stale_statuses.first(10) == {}


async def _add(begin: Begin, key: ReferralKey, version: int) -> None:
    async with begin() as tx:
        await tx.stale_statuses.add({key: version})
        await tx.commit()
