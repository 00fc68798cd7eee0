"""However the webhooks of an order arrive, and whatever happens meanwhile, it ends alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations, product
from typing import TYPE_CHECKING, Final

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import AddressDigest, RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import OrderFacts, OrderSnapshot, ReferredOrder, Refund
from referrals_domain.model.program import CompleteOn, ReferralProgram
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.review import ReviewVerdict
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders
from tests.courses import ALL_IS_OVER, Course, End, Meanwhile, counting, courses
from tests.domain.strategies import MODEST, examples
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HOME: Final = builders.ADDRESS
ELSEWHERE: Final = AddressDigest("0b" * 16)


def _after(minutes: int, total: int, address: AddressDigest = HOME) -> OrderSnapshot:
    updated_at = builders.PLACED_AT + timedelta(minutes=minutes)
    return OrderSnapshot(updated_at=updated_at, total=Money(total, "USD"), address=address)


def _refund(number: str, minor: int) -> OrderFacts:
    refund = Refund(RefundId(number), Money(minor, "USD"))
    return OrderFacts(order_id=builders.ORDER, refunds=(refund,))


CREATED: Final = builders.facts(paid_at=None)
FROM_HOME: Final = builders.facts_from(HOME, paid_at=None)
RAISED: Final = builders.facts(paid_at=None, snapshot=_after(1, 9000))
LOWERED: Final = builders.facts(paid_at=None, snapshot=_after(2, 4000))
PAID: Final = builders.facts(paid_at=builders.PLACED_AT + timedelta(minutes=3))
CANCELLED: Final = builders.facts(cancelled_at=builders.PLACED_AT + timedelta(minutes=4))
CANCELLED_BARE: Final = attrs.evolve(CANCELLED, signals=())
GUEST: Final = builders.facts(paid_at=None, snapshot=_after(5, 6710), buyer=None)
A_TEST: Final = builders.facts(test=True)
WEAK: Final = builders.facts(paid_at=None, signals=(builders.signal(source=Source.LANDING_SITE),))
CAME_HOME: Final = builders.facts(paid_at=None, snapshot=_after(-1, 6710, ELSEWHERE))
MOVED: Final = builders.facts(paid_at=None, snapshot=_after(6, 6710, ELSEWHERE))
SMALL_REFUND: Final = _refund("1", 3000)
LARGE_REFUND: Final = _refund("2", 3710)

UNDOING: Final = [CANCELLED, CANCELLED_BARE, SMALL_REFUND, LARGE_REFUND]
EVERY_KIND: Final = [
    *(CREATED, FROM_HOME, RAISED, LOWERED, PAID, GUEST, A_TEST, WEAK, CAME_HOME, MOVED),
    *UNDOING,
]
PROGRAMS: Final = [
    builders.program(),
    builders.program(complete_on=CompleteOn.ORDER_PAID),
    builders.program(minimum_order=5000),
    builders.program(refund_percent=40),
    builders.program(hold=timedelta(days=14), velocity_cap=1),
    builders.program(hold=timedelta(days=3), complete_on=CompleteOn.ORDER_PAID, refund_percent=40),
    builders.program(window=timedelta(days=2)),
    builders.program(review=True),
    builders.program(review=True, velocity_cap=1, complete_on=CompleteOn.ORDER_PAID),
    builders.program(review=True, minimum_order=5000, refund_percent=40),
]


def _courses(kinds: Sequence[OrderFacts]) -> st.SearchStrategy[Course[OrderFacts]]:
    # a verdict stays, so it must not be on an address that turns out to be another
    return courses(kinds, undoing=UNDOING, may_look=MOVED not in kinds)


some_kinds: Final = st.lists(st.sampled_from(EVERY_KIND), min_size=1, max_size=5, unique=True)
two_courses: Final = some_kinds.flatmap(lambda kinds: st.tuples(_courses(kinds), _courses(kinds)))


@pytest.fixture(scope="module")
def begun() -> Iterator[Callable[[Course[OrderFacts]], None]]:
    with counting("orders of arrival", UNDOING) as begun:
        yield begun


@settings(MODEST, max_examples=examples(100))
@given(st.sampled_from(PROGRAMS), st.none() | st.sampled_from(ReviewVerdict), two_courses)
async def test_status_facts_and_net_reward_end_alike_however_deliveries_arrive(
    begun: Callable[[Course[OrderFacts]], None],
    program: ReferralProgram,
    opinion: ReviewVerdict | None,
    two: tuple[Course[OrderFacts], Course[OrderFacts]],
) -> None:
    one, other = [await _end(program, course, opinion) for course in two]
    assert one == other
    assert one.net_reward == (one.status is ReferralStatus.COMPLETED)
    for course in two:
        begun(course)


@pytest.mark.parametrize("arrivals", list(permutations([CREATED, SMALL_REFUND, LARGE_REFUND])))
async def test_a_refund_that_arrives_before_its_order_counts(
    arrivals: tuple[OrderFacts, ...],
) -> None:
    end = await _end(builders.program(), _one_by_one(*arrivals))
    assert (end.status, end.cause, end.net_reward) == (
        *(ReferralStatus.REVERSED, Cause.ORDER_REFUNDED, 0),
    )


async def test_a_refund_alone_is_kept_and_decides_nothing(world: World) -> None:
    await world.deliver(SMALL_REFUND)
    await world.work()
    assert world.outcomes() == [Outcome.SETTLED]
    assert world.order() == ReferredOrder(merchant_id=builders.MERCHANT, facts=SMALL_REFUND)
    assert world.share() == builders.referral()
    assert (world.auth.asked, world.core.asked, world.events()) == ([], [], [])


@pytest.mark.parametrize("arrivals", list(permutations([CREATED, CANCELLED])))
async def test_a_cancellation_that_arrives_before_its_order_counts(
    arrivals: tuple[OrderFacts, ...],
) -> None:
    end = await _end(builders.program(), _one_by_one(*arrivals))
    assert (end.status, end.net_reward) == (ReferralStatus.REVERSED, 0)


@pytest.mark.parametrize("arrivals", list(permutations([CREATED, PAID])))
async def test_a_payment_that_arrives_before_its_order_counts(
    arrivals: tuple[OrderFacts, ...],
) -> None:
    program = builders.program(complete_on=CompleteOn.ORDER_PAID)
    end = await _end(program, _one_by_one(*arrivals))
    assert (end.status, end.net_reward) == (ReferralStatus.COMPLETED, 1)


@pytest.mark.parametrize("arrivals", list(permutations([CREATED, RAISED, LOWERED])))
async def test_the_latest_total_decides_and_not_the_last_to_arrive(
    arrivals: tuple[OrderFacts, ...],
) -> None:
    end = await _end(builders.program(minimum_order=5000), _one_by_one(*arrivals))
    assert (end.cause, end.net_reward) == (Cause.BELOW_MINIMUM, 0)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([FROM_HOME, PAID, MOVED], ReferralStatus.COMPLETED),
        ([FROM_HOME, PAID, CAME_HOME], ReferralStatus.QUALIFIED),
    ],
    ids=["moved away", "came home"],
)
async def test_the_latest_address_decides_and_not_the_last_to_arrive(
    kinds: Sequence[OrderFacts], status: ReferralStatus
) -> None:
    for arrivals in permutations(kinds):
        end = await _end(builders.program(review=True), _one_by_one(*arrivals))
        assert (end.status, end.net_reward) == (status, status is ReferralStatus.COMPLETED)


@pytest.mark.parametrize("looks_after", list(product([False, True], repeat=3)))
@pytest.mark.parametrize("arrivals", list(permutations([FROM_HOME, PAID, RAISED])))
@pytest.mark.parametrize(
    ("opinion", "cause", "net_reward"),
    [
        (None, Cause.IN_REVIEW, 0),
        (ReviewVerdict.APPROVED, Cause.ORDER_CREATED, 1),
        (ReviewVerdict.DENIED, Cause.REVIEW_DENIED, 0),
    ],
)
async def test_a_review_decides_whenever_it_comes(
    arrivals: tuple[OrderFacts, ...],
    looks_after: Sequence[bool],
    opinion: ReviewVerdict | None,
    cause: Cause,
    net_reward: int,
) -> None:
    meanwhile = [Meanwhile(looks=looks) for looks in looks_after]
    course = Course(arrivals=arrivals, meanwhile=meanwhile)
    end = await _end(builders.program(review=True), course, opinion)
    assert (end.cause, end.net_reward) == (cause, net_reward)


def _one_by_one(*arrivals: OrderFacts) -> Course[OrderFacts]:
    return Course(arrivals=arrivals, meanwhile=[Meanwhile()] * len(arrivals))


async def _end(
    program: ReferralProgram, course: Course[OrderFacts], opinion: ReviewVerdict | None = None
) -> End:
    """Let the course go, and wait until nothing is left to do."""
    world = World()
    await world.set_up(program)
    if program.review:
        await _let_a_neighbour_order(world)
    rewarded = world.net_reward()
    verdicts, known = dict(world.auth.verdicts), dict(world.core.known)
    for number, (facts, meanwhile) in enumerate(
        zip(course.arrivals, course.meanwhile, strict=True)
    ):
        away = number < course.neighbours_away_for
        world.auth.verdicts = {} if away else dict(verdicts)
        world.core.known = {} if away else dict(known)
        await world.deliver(facts)
        await asyncio.gather(*map(world.complete_orders, meanwhile.batches))
        world.clock.advance(meanwhile.passes)
        if meanwhile.sweeps:
            await world.sweep()
        if meanwhile.looks:
            await _review(world, opinion)
    world.auth.verdicts, world.core.known = verdicts, known
    await world.work_until_done()
    await _review(world, opinion)
    world.clock.advance(ALL_IS_OVER - world.clock.now())
    await world.sweep()
    return End.of(world, rewarded=rewarded)


async def _let_a_neighbour_order(world: World) -> None:
    """Have another friend complete a referral from the same address, on the same day."""
    bare = builders.signal(share=None)
    snapshot = builders.facts_from(HOME).snapshot
    await world.deliver(world.order_of_friend(0, snapshot=snapshot, signals=(bare,)))
    await world.work()


async def _review(world: World, opinion: ReviewVerdict | None) -> None:
    """Have a reviewer look: they say the same whenever they are asked."""
    order = world.order()
    if opinion and order and order.referral_id and world.referral_of().cause is Cause.IN_REVIEW:
        await world.review_referral(world.referral_of().key, opinion)
