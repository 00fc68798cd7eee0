"""A person decides about what a rule marked, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.errors import NotFound, NotInReview
from referrals_domain.model.identifiers import (
    CustomerId,
    MerchantId,
    OrderId,
    ReferralId,
    ReferralKey,
)
from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.ports.status_cache import Hit
from referrals_domain.testing import builders
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.use_cases.review_referral import ReviewReferral
from tests.domain.world import FRIEND, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.testing.memory.store import InMemoryStore

APPROVED: Final = ReviewVerdict.APPROVED
DENIED: Final = ReviewVerdict.DENIED
FIRST: Final = OrderId("0")
SUSPICIOUS: Final = OrderId("1")
IN_REVIEW: Final = (ReferralStatus.QUALIFIED, Cause.IN_REVIEW)
COMPLETED: Final = (ReferralStatus.COMPLETED, Cause.ORDER_CREATED)
REJECTED: Final = (ReferralStatus.REJECTED, Cause.REVIEW_DENIED)


@pytest.fixture
async def world() -> World:
    """Return a world in which a second order of the day went beyond a cap of one."""
    world = World()
    await world.set_up(builders.program(velocity_cap=1, review=True))
    for number in range(2):
        await world.deliver(world.order_of_friend(number))
        await world.work()
    return world


async def test_what_goes_beyond_the_cap_waits_for_a_person(world: World) -> None:
    assert _stands(world) == IN_REVIEW
    assert world.events() == ["referral.completed"]


async def test_what_is_approved_completes(world: World) -> None:
    reviewed = await _review(world, APPROVED)
    assert reviewed == world.referral_of(SUSPICIOUS)
    assert (_stands(world), reviewed.version) == (COMPLETED, 3)
    assert world.events() == ["referral.completed"] * 2


async def test_what_is_denied_is_rejected_and_frees_the_friend(world: World) -> None:
    await _review(world, DENIED)
    assert _stands(world) == REJECTED
    assert world.events() == ["referral.completed"]
    await world.change_program(builders.program())
    friend = Buyer(updated_at=builders.PLACED_AT, customer_id=CustomerId("801"))
    await world.deliver(builders.facts(order_id=OrderId("2"), buyer=friend))
    await world.work()
    assert world.referral_of(OrderId("2")).status is ReferralStatus.COMPLETED


async def test_the_review_is_kept_with_the_evidence(world: World) -> None:
    await _review(world, APPROVED)
    order = world.order(SUSPICIOUS)
    assert order
    assert order.evidence.review == Review(APPROVED, world.clock.now())
    assert order.explanation
    assert order.explanation.decided_at == world.clock.now()
    assert world.store.state.heard_of[order.key] == world.clock.now()


async def test_a_review_has_a_line_of_history(world: World) -> None:
    reviewed = await _review(world, APPROVED)
    line = world.store.state.history[reviewed.key, reviewed.version]
    assert (line.from_status, line.referral) == (ReferralStatus.QUALIFIED, reviewed)


async def test_what_was_decided_stays_when_more_of_the_order_is_told(world: World) -> None:
    await _review(world, DENIED)
    await world.deliver(world.order_of_friend(1, paid_at=None))
    await world.work()
    assert _stands(world) == REJECTED


async def test_what_was_approved_stays_once_the_program_has_no_reviewer(world: World) -> None:
    await _review(world, APPROVED)
    await world.change_program(builders.program(velocity_cap=1))
    await world.deliver(world.order_of_friend(1, paid_at=None))
    await world.work()
    assert _stands(world) == COMPLETED


async def test_what_was_approved_and_is_cancelled_is_reversed(world: World) -> None:
    await _review(world, APPROVED)
    await world.deliver(world.order_of_friend(1, cancelled_at=world.clock.now()))
    await world.work()
    assert world.referral_of(SUSPICIOUS).status is ReferralStatus.REVERSED
    assert world.net_reward() == 1


# Again, and otherwise.


@pytest.mark.parametrize("verdict", ReviewVerdict)
async def test_the_same_verdict_may_be_given_again(world: World, verdict: ReviewVerdict) -> None:
    first = await _review(world, verdict)
    before = world.store.state
    world.clock.advance(timedelta(hours=1))
    assert await _review(world, verdict) == first
    assert world.store.state == before


@pytest.mark.parametrize(("verdict", "other"), [(APPROVED, DENIED), (DENIED, APPROVED)])
async def test_another_verdict_is_refused_once_somebody_decided(
    world: World, verdict: ReviewVerdict, other: ReviewVerdict
) -> None:
    await _review(world, verdict)
    before = world.store.state
    with pytest.raises(NotInReview):
        await _review(world, other)
    assert world.store.state == before


async def test_of_twenty_reviewers_at_once_the_first_decides(world: World) -> None:
    verdicts = [APPROVED, DENIED] * 10
    answers = await asyncio.gather(
        *(_review(world, verdict) for verdict in verdicts), return_exceptions=True
    )
    assert sum(isinstance(answer, NotInReview) for answer in answers) == 10
    assert world.referral_of(SUSPICIOUS).version == 3


# What nobody is to review.


async def test_what_no_rule_marked_is_not_reviewed(world: World) -> None:
    with pytest.raises(NotInReview, match=r"^nobody is to review .* reviewed otherwise$"):
        await world.review_referral(world.referral_of(FIRST).key, APPROVED)


async def test_a_share_that_waits_for_an_order_is_not_reviewed() -> None:
    world = World()
    await world.set_up()
    with pytest.raises(NotInReview, match=r"^the referral waits for an order$"):
        await world.review_referral(builders.referral().key, APPROVED)


async def test_what_was_cancelled_meanwhile_is_not_reviewed(world: World) -> None:
    await world.deliver(world.order_of_friend(1, cancelled_at=world.clock.now()))
    await world.work()
    with pytest.raises(NotInReview):
        await _review(world, APPROVED)


async def test_what_the_merchant_does_not_have_is_not_reviewed(world: World) -> None:
    for key in (
        ReferralKey(MerchantId("other"), world.referral_of(SUSPICIOUS).id),
        ReferralKey(builders.MERCHANT, ReferralId("99999999-9999-4999-8999-999999999999")),
    ):
        with pytest.raises(NotFound, match=r"^the merchant has no such referral$"):
            await world.review_referral(key, APPROVED)


async def test_of_a_shop_that_is_being_redacted_nothing_is_reviewed(world: World) -> None:
    key = world.referral_of(SUSPICIOUS).key
    world.store.state.programs.clear()
    with pytest.raises(NotFound, match=r"^the merchant has no such referral$"):
        await world.review_referral(key, APPROVED)


async def test_a_question_that_is_open_again_is_decided_by_the_review_once_it_is_answered(
    world: World,
) -> None:
    world.core.known.pop(FRIEND)
    other_friend = Buyer(updated_at=world.clock.now(), customer_id=builders.FRIEND)
    await world.deliver(world.order_of_friend(1, buyer=other_friend))
    await world.work()
    assert (await _review(world, APPROVED)).cause is Cause.IN_REVIEW
    world.core.known[FRIEND] = builders.standing(known=False)
    await world.work_until_done()
    assert _stands(world) == COMPLETED


# The cache.


async def test_the_cache_is_told_after_the_commit(world: World) -> None:
    key = world.referral_of(SUSPICIOUS).key
    cache = CacheThatLooks(world.store)
    review = ReviewReferral(begin=world.store.begin, cache=cache, clock=world.clock)
    reviewed = await review(key, APPROVED)
    assert cache.told == [{key: reviewed.version}]
    assert cache.seen == [reviewed]


async def test_a_review_that_changed_nothing_tells_nobody(world: World) -> None:
    await _review(world, APPROVED)
    key = world.referral_of(SUSPICIOUS).key
    cache = CacheThatLooks(world.store)
    review = ReviewReferral(begin=world.store.begin, cache=cache, clock=world.clock)
    await review(key, APPROVED)
    with pytest.raises(NotInReview):
        await review(key, DENIED)
    assert cache.told == []


async def test_who_asks_after_the_review_gets_its_status(world: World) -> None:
    key = world.referral_of(SUSPICIOUS).key
    await world.get_referral_status(key)
    assert isinstance(await world.cache.read(key), Hit)
    await _review(world, APPROVED)
    assert (await world.get_referral_status(key)).status is ReferralStatus.COMPLETED


class CacheThatLooks(InMemoryStatusCache):
    """A cache that looks at what others may see, in a transaction, when it is told."""

    def __init__(self, store: InMemoryStore) -> None:
        super().__init__()
        self.store = store
        self.told: list[Mapping[ReferralKey, int]] = []
        self.seen: list[Referral] = []

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Note what is told, and how it is stored."""
        self.told.append(dict(versions))
        async with self.store.begin() as tx:
            self.seen += (await tx.referrals.get(versions.keys())).values()
        return await super().invalidate(versions)


async def _review(world: World, verdict: ReviewVerdict) -> Referral:
    return await world.review_referral(world.referral_of(SUSPICIOUS).key, verdict)


def _stands(world: World) -> tuple[ReferralStatus, Cause]:
    referral = world.referral_of(SUSPICIOUS)
    return referral.status, referral.cause
