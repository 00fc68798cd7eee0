"""What is ranked, on the library's store in memory and its clock that stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from best_advocates.rank_advocates import PAGE, RankAdvocates
from referrals_domain.model.identifiers import MerchantId, ReferralId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock, SeededIds
from referrals_domain.use_cases.list_referrals import ListReferrals

MONTH = timedelta(days=30)


@pytest.fixture
def store() -> InMemoryStore:
    return InMemoryStore()


@pytest.fixture
def rank_advocates(store: InMemoryStore) -> RankAdvocates:
    clock = FixedClock(builders.SHARED_AT + MONTH)
    return RankAdvocates(list_referrals=ListReferrals(begin=store.begin), clock=clock)


async def shares_that_count(rank_advocates: RankAdvocates) -> int:
    ranking = await rank_advocates(builders.MERCHANT, lately=MONTH)
    return sum(one.conversion.shares for one in ranking.standings)


def keep(store: InMemoryStore, id_: ReferralId = builders.REFERRAL, **changes: object) -> None:
    referral = builders.referral(id=id_, status=ReferralStatus.COMPLETED, **changes)
    store.state.referrals[referral.key] = referral


async def test_a_share_at_the_first_instant_counts(
    store: InMemoryStore, rank_advocates: RankAdvocates
) -> None:
    keep(store)
    assert await shares_that_count(rank_advocates) == 1


async def test_a_share_just_before_does_not(
    store: InMemoryStore, rank_advocates: RankAdvocates
) -> None:
    keep(store, opened_at=builders.SHARED_AT - timedelta(microseconds=1))
    assert await shares_that_count(rank_advocates) == 0


async def test_every_page_is_read(store: InMemoryStore, rank_advocates: RankAdvocates) -> None:
    ids = SeededIds()
    for _ in range(2 * PAGE + 1):
        keep(store, ids.referral())
    assert await shares_that_count(rank_advocates) == 2 * PAGE + 1


async def test_another_merchants_advocates_are_not_ranked(
    store: InMemoryStore, rank_advocates: RankAdvocates
) -> None:
    keep(store, merchant_id=MerchantId("other"))
    assert await shares_that_count(rank_advocates) == 0
