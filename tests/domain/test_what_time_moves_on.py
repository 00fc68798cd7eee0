"""Holds end, windows end, and an order that was placed in time lifts what expired."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.errors import Unavailable
from referrals_domain.model.decision import Transition, expire
from referrals_domain.model.identifiers import OrderId
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.ports.status_cache import Hit
from referrals_domain.testing import builders
from referrals_domain.testing.memory.referrals import InMemoryReferrals
from referrals_domain.testing.memory.store import InMemoryTransaction
from referrals_domain.use_cases.expire_referrals import ExpireReferrals
from tests.domain.faults import POISON, Faults, FaultyStore
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

HOLD: Final = timedelta(days=14)
WINDOW: Final = builders.program().window
INSTANT: Final = timedelta(microseconds=1)
SHARE: Final = builders.referral().key


async def _on_hold(world: World) -> None:
    """Have the builders' order wait, until one instant before the end of its hold."""
    await world.set_up(builders.program(hold=HOLD))
    await world.deliver(builders.facts())
    await world.work()
    world.clock.advance(builders.PLACED_AT + HOLD - INSTANT - world.clock.now())


async def _shared(world: World) -> None:
    """Have the builders' share wait, until one instant before the end of its window."""
    await world.set_up()
    world.clock.advance(builders.SHARED_AT + WINDOW - INSTANT - world.clock.now())


# Holds.


async def test_a_referral_completes_when_its_hold_ends_and_not_before() -> None:
    world = World()
    await _on_hold(world)
    assert await world.complete_due_holds(100) == 0
    assert (world.share().status, world.share().cause) == (
        *(ReferralStatus.QUALIFIED, Cause.ON_HOLD),
    )

    world.clock.advance(INSTANT)
    assert await world.complete_due_holds(100) == 1
    share = world.share()
    assert (share.status, share.cause, share.due_at) == (
        *(ReferralStatus.COMPLETED, Cause.ORDER_CREATED, None),
    )
    assert await world.complete_due_holds(100) == 0
    assert world.events() == ["referral.completed"]


async def test_a_hold_counts_from_the_payment_where_payment_completes() -> None:
    world = World()
    await world.set_up(builders.program(hold=HOLD, complete_on=CompleteOn.ORDER_PAID))
    paid_at = builders.PLACED_AT + timedelta(days=3)
    for facts in (builders.facts(paid_at=None), builders.facts(paid_at=paid_at)):
        await world.deliver(facts)
        await world.work()
    assert world.share().due_at == paid_at + HOLD


async def test_an_order_that_is_undone_during_its_hold_never_completes() -> None:
    world = World()
    await _on_hold(world)
    await world.deliver(builders.facts(cancelled_at=world.clock.now()))
    await world.work()
    world.clock.advance(INSTANT)
    assert await world.complete_due_holds(100) == 0
    assert (world.share().status, world.events()) == (ReferralStatus.REVERSED, [])


async def test_a_program_that_was_switched_off_meanwhile_refuses_at_the_end_of_the_hold() -> None:
    world = World()
    await _on_hold(world)
    await world.change_program(builders.program(hold=HOLD, active=False))
    world.clock.advance(INSTANT)
    await world.complete_due_holds(100)
    assert (world.share().status, world.share().cause) == (
        *(ReferralStatus.REJECTED, Cause.MERCHANT_INACTIVE),
    )


async def test_many_holds_end_in_sets() -> None:
    world = World()
    await world.set_up(builders.program(hold=HOLD))
    bare = builders.signal(share=None)
    await world.deliver(*(world.order_of_friend(n, signals=(bare,)) for n in range(7)))
    await world.work()
    world.clock.advance(HOLD)
    assert await world.complete_due_holds(3) == 7
    assert world.events() == ["referral.completed"] * 7


async def test_the_cache_is_told_and_reminded_of_a_hold_that_ended() -> None:
    world = World()
    await _on_hold(world)
    await world.drain_stale_statuses(100)
    await world.get_referral_status(SHARE)
    world.clock.advance(INSTANT)
    await world.complete_due_holds(100)
    assert not isinstance(await world.cache.read(SHARE), Hit)
    assert world.store.state.stale_statuses == {SHARE: world.share().version}


async def test_an_order_that_cannot_be_settled_does_not_hold_up_the_other_holds() -> None:
    store = FaultyStore()
    world = World(store=store)
    await world.set_up(builders.program(hold=HOLD))
    bare = builders.signal(share=None)
    numbers = (1, int(POISON), 2)
    await world.deliver(*(world.order_of_friend(n, signals=(bare,)) for n in numbers))
    await world.work()
    world.clock.advance(HOLD)
    error = RuntimeError("nobody foresaw it")
    store.faults = Faults(saving=error)
    for _ in range(2):
        with pytest.raises(ExceptionGroup, match=r"^some referrals could not") as raised:
            await world.complete_due_holds(100)
        assert raised.value.exceptions == (error,)
    assert [world.referral_of(OrderId(str(number))).status for number in numbers] == [
        *(ReferralStatus.COMPLETED, ReferralStatus.QUALIFIED, ReferralStatus.COMPLETED),
    ]


async def test_of_two_holds_the_other_ends_too() -> None:
    store = FaultyStore()
    world = World(store=store)
    await world.set_up(builders.program(hold=HOLD))
    bare = builders.signal(share=None)
    for number in (int(POISON), 1):
        await world.deliver(world.order_of_friend(number, signals=(bare,)))
    await world.work()
    world.clock.advance(HOLD)
    store.faults = Faults(saving=RuntimeError("nobody foresaw it"))
    with pytest.raises(ExceptionGroup):
        await world.complete_due_holds(2)
    assert world.referral_of(OrderId("1")).status is ReferralStatus.COMPLETED


async def test_while_the_database_is_away_nothing_is_tried_one_by_one() -> None:
    store = FaultyStore()
    world = World(store=store)
    await world.set_up(builders.program(hold=HOLD))
    await world.deliver(world.order_of_friend(int(POISON)))
    await world.work()
    world.clock.advance(HOLD)
    store.faults = Faults(saving=Unavailable("away"))
    with pytest.raises(Unavailable):
        await world.complete_due_holds(100)


# Windows.


async def test_a_share_expires_when_its_window_ends_and_not_before() -> None:
    world = World()
    await _shared(world)
    assert await world.expire_referrals(100) == 0
    world.clock.advance(INSTANT)
    assert await world.expire_referrals(100) == 1
    share = world.share()
    assert (share.status, share.cause, share.version) == (
        *(ReferralStatus.EXPIRED, Cause.NO_ORDER, 2),
    )
    assert share.updated_at == world.clock.now()
    assert await world.expire_referrals(100) == 0
    assert world.events() == []


def test_an_expiry_is_a_change_from_pending_of_which_nobody_hears() -> None:
    end = builders.SHARED_AT + WINDOW
    expired = builders.referral(
        status=ReferralStatus.EXPIRED, cause=Cause.NO_ORDER, version=2, updated_at=end
    )
    assert expire(builders.referral(), builders.program(), at=end) == Transition(
        referral=expired, from_status=ReferralStatus.PENDING, event=None
    )


async def test_the_cache_is_told_and_reminded_of_a_share_that_expired() -> None:
    world = World()
    await _shared(world)
    await world.get_referral_status(SHARE)
    world.clock.advance(INSTANT)
    await world.expire_referrals(100)
    assert not isinstance(await world.cache.read(SHARE), Hit)
    assert world.store.state.stale_statuses == {SHARE: 2}


async def test_a_share_that_an_order_bound_meanwhile_does_not_expire() -> None:
    world = World()
    await world.set_up()
    await world.deliver(builders.facts())
    await world.work()
    bound = world.share()
    for status in ReferralStatus:
        if status is not ReferralStatus.PENDING:
            at = builders.SHARED_AT + 2 * WINDOW
            assert expire(attrs.evolve(bound, status=status), builders.program(), at=at) is None


@attrs.frozen
class StubbornReferrals(InMemoryReferrals):
    """Referrals of which the builders' share cannot be moved on."""

    async def save(self, transitions: Sequence[Transition]) -> None:
        """Save the others."""
        if any(one.referral.key == SHARE for one in transitions):
            raise RuntimeError("nobody foresaw it")
        await super().save(transitions)


class StubbornTransaction(InMemoryTransaction):
    """A transaction in which it cannot."""

    @property
    def referrals(self) -> StubbornReferrals:
        """The referrals."""
        return StubbornReferrals(self._state)


async def test_a_share_that_cannot_expire_does_not_hold_up_the_others() -> None:
    world = World()
    later = builders.referral(
        id=world.ids.referral(), opened_at=builders.SHARED_AT + timedelta(hours=1)
    )
    await world.set_up(shares=[builders.referral(), later])
    world.clock.advance(WINDOW)
    sweep = ExpireReferrals(
        begin=lambda: StubbornTransaction(world.store), cache=world.cache, clock=world.clock
    )
    with pytest.raises(ExceptionGroup) as raised:
        await sweep(1)
    assert len(raised.value.exceptions) == 1
    assert world.store.state.referrals[later.key].status is ReferralStatus.EXPIRED
    assert world.share().status is ReferralStatus.PENDING


@pytest.mark.parametrize(
    ("late", "status", "events"),
    [
        (-INSTANT, ReferralStatus.COMPLETED, ["referral.completed"]),
        (timedelta(0), ReferralStatus.REJECTED, []),
    ],
    ids=["placed in time", "placed too late"],
)
async def test_an_order_that_is_reported_after_the_window_counts_if_it_was_placed_within_it(
    late: timedelta, status: ReferralStatus, events: list[str]
) -> None:
    world = World()
    await _shared(world)
    world.clock.advance(timedelta(days=1))
    await world.expire_referrals(100)
    await world.deliver(builders.facts(placed_at=builders.SHARED_AT + WINDOW + late))
    await world.work()
    share = world.share()
    assert (share.status, share.order_id) == (status, builders.ORDER)
    assert world.events() == events
    assert world.store.state.history[SHARE, 3].from_status is ReferralStatus.EXPIRED
