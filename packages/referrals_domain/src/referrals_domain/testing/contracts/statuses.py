"""The laws of `Statuses`."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import MerchantId, ReferralKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, save

if TYPE_CHECKING:
    from referrals_domain.ports.statuses import Statuses

KEY = builders.referral().key
PENDING = builders.referral().view
COMPLETED = completed(builders.referral()).referral.view


class StatusesContract(StoredContract):
    """
    What was committed is told.

    Override `statuses` too, over the store that `begin` is on.
    """

    @pytest.fixture
    @abstractmethod
    def statuses(self, begin: Begin) -> Statuses:
        """Return the statuses of the store."""

    async def test_what_was_committed_is_read(
        self, begin_with_link: Begin, statuses: Statuses
    ) -> None:
        await save(begin_with_link, opened(builders.referral()))
        assert await statuses.read([KEY]) == {KEY: PENDING}
        await save(begin_with_link, completed(builders.referral()))
        assert await statuses.read([KEY]) == {KEY: COMPLETED}

    async def test_what_does_not_exist_is_known_to_be_absent(self, statuses: Statuses) -> None:
        assert await statuses.read([KEY]) == {KEY: None}

    async def test_another_merchants_referral_is_absent(
        self, begin_with_link: Begin, statuses: Statuses
    ) -> None:
        await save(begin_with_link, opened(builders.referral()))
        foreign = ReferralKey(MerchantId("other"), KEY.referral_id)
        assert await statuses.read([foreign, KEY]) == {foreign: None, KEY: PENDING}

    async def test_each_of_many_is_read(self, begin_with_link: Begin, statuses: Statuses) -> None:
        referrals = [numbered(number) for number in range(30)]
        await save(begin_with_link, *(opened(referral) for referral in referrals[:20]))
        expected = {one.key: one.view if one in referrals[:20] else None for one in referrals}
        assert await statuses.read([one.key for one in referrals] * 2) == expected

    async def test_for_nothing_nothing_is_read(self, statuses: Statuses) -> None:
        assert await statuses.read([]) == {}

    async def test_what_is_committed_is_seen_though_others_read_already(
        self, begin_with_link: Begin, statuses: Statuses
    ) -> None:
        await save(begin_with_link, opened(builders.referral()))
        others = asyncio.gather(*(statuses.read([KEY]) for _ in range(20)))
        await save(begin_with_link, completed(builders.referral()))
        assert await statuses.read([KEY]) == {KEY: COMPLETED}
        assert {len(read) for read in await others} == {1}
