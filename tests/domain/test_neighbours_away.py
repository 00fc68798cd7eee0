"""While Auth or Core does not answer, orders wait; only an explicit answer refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import OrderId
from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import (
    InMemoryCustomerValidator,
    InMemoryMerchantValidator,
)
from referrals_domain.use_cases.complete_orders import LEASE
from tests.domain.world import ADVOCATE, FRIEND, RETRY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerKey, MerchantId
    from tests.domain.world import World

INSTANT: Final = timedelta(microseconds=1)
LAG_ENDS: Final = builders.PLACED_AT + timedelta(minutes=15)


async def test_while_auth_is_silent_the_order_waits_and_then_completes(world: World) -> None:
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    assert await world.work() == 1
    assert (world.outcomes(), world.share().status) == ([None], ReferralStatus.PENDING)

    world.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    world.clock.advance(RETRY)
    await world.work()
    assert (world.outcomes(), world.share().status) == (
        *([Outcome.SETTLED], ReferralStatus.COMPLETED),
    )


@attrs.define
class ProudAuth(InMemoryMerchantValidator):
    """Auth, which is never called to be asked nothing."""

    async def validate(self, merchant_ids: Collection[MerchantId]) -> Mapping[MerchantId, Verdict]:
        """Answer, if there is anything to answer."""
        assert merchant_ids
        return await super().validate(merchant_ids)


@attrs.define
class ProudCore(InMemoryCustomerValidator):
    """Core, which is never called to be asked nothing either."""

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """Answer, if there is anything to answer."""
        assert customers
        return await super().standings(customers)


async def test_who_is_asked_nothing_is_not_called(world: World) -> None:
    world.auth = ProudAuth()
    world.core = ProudCore(known=world.core.known)
    await world.deliver(builders.facts(test=True, order_id=OrderId("1")), builders.facts())
    await world.work()  # nothing is to be known of a test order; Auth is silent about the other
    world.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    world.clock.advance(RETRY)
    await world.work()  # Core has said all
    later = world.order_of_friend(2)
    standing = world.core.known.popitem()
    await world.deliver(later)
    await world.work()  # Core is silent
    world.core.known.update([standing])
    world.clock.advance(RETRY)
    await world.work()  # Auth has said all
    assert world.outcomes() == [Outcome.SETTLED] * 3


async def test_while_core_is_silent_the_order_waits_and_then_completes(world: World) -> None:
    answers = dict(world.core.known)
    world.core.known.clear()
    await world.deliver(builders.facts())
    await world.work()
    assert (world.outcomes(), world.share().status) == ([None], ReferralStatus.PENDING)

    world.core.known |= answers
    world.clock.advance(RETRY)
    await world.work()
    assert world.share().status is ReferralStatus.COMPLETED
    assert world.events() == ["referral.completed"]


async def test_a_waiting_order_is_due_when_its_time_has_come_and_not_before(world: World) -> None:
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    await world.work()
    world.clock.advance(RETRY - INSTANT)
    assert await world.work() == 0
    world.clock.advance(INSTANT)
    assert await world.work() == 1


async def test_all_orders_of_a_batch_wait_for_their_time(world: World) -> None:
    world.auth.verdicts.clear()
    await world.deliver(*(world.order_of_friend(number) for number in range(3)))
    await world.work()
    world.clock.advance(RETRY - INSTANT)
    assert await world.work() == 0
    world.clock.advance(INSTANT)
    assert await world.work() == 3


async def test_an_order_waits_longer_with_each_attempt(world: World) -> None:
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    await world.work()
    world.clock.advance(RETRY)
    await world.work()
    world.clock.advance(2 * RETRY - INSTANT)
    assert await world.work() == 0
    world.clock.advance(INSTANT)
    assert await world.work() == 1


async def test_what_one_neighbour_answered_is_not_asked_again_for_the_other(
    world: World,
) -> None:
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    for _ in range(3):
        await world.work()
        world.clock.advance(timedelta(hours=1))
    assert world.auth.asked == [builders.MERCHANT] * 3
    assert sorted(world.core.asked) == [ADVOCATE, FRIEND]


async def test_what_core_answered_of_one_customer_is_not_asked_again_for_the_other(
    world: World,
) -> None:
    del world.core.known[FRIEND]
    await world.deliver(builders.facts())
    await world.work()
    world.clock.advance(RETRY)
    await world.work()
    assert world.core.asked.count(ADVOCATE) == 1
    assert world.core.asked.count(FRIEND) == 2


async def test_a_waiting_order_keeps_its_facts(world: World) -> None:
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    await world.work()
    order = world.order()
    assert order
    assert (order.facts, order.referral_id) == (builders.facts(), None)
    assert world.share().order_id is None


async def test_an_order_cancelled_while_it_waits_is_decided_without_the_answer(
    world: World,
) -> None:
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    await world.work()
    await world.deliver(builders.facts(cancelled_at=world.clock.now()))
    await world.work()
    assert (world.share().status, world.events()) == (ReferralStatus.REVERSED, [])
    await world.work_until_done()
    assert (world.share().version, world.events()) == (2, [])


async def test_a_silent_neighbour_does_not_hold_up_orders_that_need_no_answer(
    world: World,
) -> None:
    world.auth.verdicts.clear()
    own = Buyer(updated_at=builders.PLACED_AT, customer_id=builders.ADVOCATE)
    await world.deliver(builders.facts(), builders.facts(order_id=OrderId("1"), buyer=own))
    await world.work()
    assert world.outcomes() == [None, Outcome.SETTLED]


async def test_a_caller_who_may_not_act_for_the_merchant_has_no_answer(world: World) -> None:
    world.auth.verdicts[builders.MERCHANT] = Verdict.DENIED
    await world.deliver(builders.facts())
    await world.work()
    assert (world.outcomes(), world.share().status) == ([None], ReferralStatus.PENDING)

    world.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    world.clock.advance(RETRY)
    await world.work()
    assert world.share().status is ReferralStatus.COMPLETED


async def test_a_token_that_auth_refuses_raises_and_decides_nothing(world: World) -> None:
    world.auth.accepts_the_token = False
    await world.deliver(builders.facts())
    with pytest.raises(Unauthenticated):
        await world.work()
    assert world.outcomes() == [None]
    assert world.store.state.orders == {}
    assert world.share() == builders.referral()
    assert world.core.asked == []


async def test_what_a_refused_token_held_up_is_taken_up_when_the_lease_has_run_out(
    world: World,
) -> None:
    world.auth.accepts_the_token = False
    await world.deliver(builders.facts())
    with pytest.raises(Unauthenticated):
        await world.work()
    world.auth.accepts_the_token = True
    world.clock.advance(LEASE - INSTANT)
    assert await world.work() == 0
    world.clock.advance(INSTANT)
    assert await world.work() == 1
    assert world.share().status is ReferralStatus.COMPLETED


# Core may lag behind the shop.


async def test_an_advocate_whom_core_does_not_know_yet_is_asked_for_when_the_lag_has_ended(
    world: World,
) -> None:
    _forget_the_advocate(world)
    await world.deliver(builders.facts())
    await world.work()
    world.clock.time = LAG_ENDS - INSTANT
    assert await world.work() == 0
    assert world.core.asked.count(ADVOCATE) == 1

    world.clock.time = LAG_ENDS
    world.core.known[ADVOCATE] = builders.standing(answered_at=LAG_ENDS)
    assert await world.work() == 1
    assert world.core.asked.count(ADVOCATE) == 2
    assert world.core.asked.count(FRIEND) == 1
    assert world.share().status is ReferralStatus.COMPLETED


async def test_an_advocate_whom_core_never_gets_to_know_is_refused(world: World) -> None:
    _forget_the_advocate(world)
    await world.deliver(builders.facts())
    await world.work()
    world.clock.time = LAG_ENDS
    _forget_the_advocate(world)
    await world.work()
    assert (world.share().status, world.share().cause) == (
        *(ReferralStatus.REJECTED, Cause.ADVOCATE_UNKNOWN),
    )
    assert world.outcomes() == [Outcome.SETTLED]


async def test_a_second_delivery_during_the_lag_asks_nobody(world: World) -> None:
    _forget_the_advocate(world)
    await world.deliver(builders.facts())
    await world.work()
    await world.deliver(builders.facts(paid_at=None))
    await world.work()
    assert world.core.asked.count(ADVOCATE) == 1
    assert world.outcomes() == [None, None]


async def test_an_order_that_is_reported_late_does_not_wait_for_the_lag(world: World) -> None:
    world.clock.time = LAG_ENDS
    _forget_the_advocate(world)
    await world.deliver(builders.facts())
    await world.work()
    assert world.share().cause is Cause.ADVOCATE_UNKNOWN


def _forget_the_advocate(world: World) -> None:
    world.core.known[ADVOCATE] = builders.standing(known=False, answered_at=world.clock.now())
