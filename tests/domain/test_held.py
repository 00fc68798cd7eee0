"""What cannot be decided for 72 hours is held for a person, and loses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.model.delivery import Outcome
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing import builders
from referrals_domain.use_cases.list_held import ListHeld
from referrals_domain.use_cases.release_held import ReleaseHeld
from tests.domain.faults import Faults, FaultyStore
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_domain.model.delivery import HeldDelivery

INSTANT: Final = timedelta(microseconds=1)
TOO_LONG: Final = timedelta(hours=72)


@pytest.fixture
async def silent(world: World) -> World:
    """Return a world whose Auth does not answer, and in which a friend ordered."""
    world.auth.verdicts.clear()
    await world.deliver(builders.facts())
    return world


async def _work_after(world: World, time: timedelta) -> None:
    world.clock.advance(time)
    await world.work()


async def _held(world: World) -> Sequence[HeldDelivery]:
    return await ListHeld(begin=world.store.begin)()


async def _release(world: World) -> Collection[int]:
    ids = [one.id for one in await _held(world)]
    return await ReleaseHeld(begin=world.store.begin, clock=world.clock)(ids)


@pytest.mark.parametrize(
    ("waited", "outcome"),
    [(TOO_LONG - INSTANT, None), (TOO_LONG, Outcome.HELD)],
    ids=["just before", "then"],
)
async def test_after_72_hours_a_delivery_is_held_and_not_before(
    silent: World, waited: timedelta, outcome: Outcome | None
) -> None:
    await _work_after(silent, waited)
    assert silent.outcomes() == [outcome]
    assert silent.share() == builders.referral()


async def test_what_is_held_is_not_tried_again_and_keeps_its_facts(silent: World) -> None:
    await _work_after(silent, TOO_LONG)
    silent.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    await _work_after(silent, timedelta(days=30))
    assert silent.outcomes() == [Outcome.HELD]
    order = silent.order()
    assert order
    assert order.facts == builders.facts()
    assert [(one.order_id, one.attempts) for one in await _held(silent)] == [(builders.ORDER, 1)]


async def test_what_is_decided_in_the_last_attempt_is_not_held(silent: World) -> None:
    silent.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    await _work_after(silent, TOO_LONG)
    assert silent.outcomes() == [Outcome.SETTLED]


async def test_what_is_released_is_decided_at_once(silent: World) -> None:
    await _work_after(silent, TOO_LONG)
    silent.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    assert len(await _release(silent)) == 1
    assert await silent.work() == 1
    assert silent.share().status is ReferralStatus.COMPLETED
    assert (silent.outcomes(), await _held(silent)) == ([Outcome.SETTLED], [])


async def test_what_is_released_and_still_cannot_be_decided_is_held_again(silent: World) -> None:
    await _work_after(silent, TOO_LONG)
    await _release(silent)
    assert await silent.work() == 1
    assert silent.outcomes() == [Outcome.HELD]


async def test_a_newer_delivery_of_a_held_order_decides_it(silent: World) -> None:
    await _work_after(silent, TOO_LONG)
    silent.auth.verdicts[builders.MERCHANT] = Verdict.VALID
    await silent.deliver(builders.facts(paid_at=None))
    await silent.work()
    assert silent.outcomes() == [Outcome.HELD, Outcome.SETTLED]
    assert silent.events() == ["referral.completed"]
    await _release(silent)
    await silent.work()
    assert silent.outcomes() == [Outcome.SETTLED] * 2
    assert silent.events() == ["referral.completed"]


async def test_a_newer_delivery_of_a_held_order_has_72_hours_of_its_own(silent: World) -> None:
    await _work_after(silent, TOO_LONG)
    await silent.deliver(builders.facts(paid_at=None))
    await _work_after(silent, TOO_LONG - INSTANT)
    assert silent.outcomes() == [Outcome.HELD, None]


@pytest.mark.parametrize("place", ["reading", "saving"])
async def test_what_fails_for_72_hours_as_nobody_foresaw_is_held_too(place: str) -> None:
    store = FaultyStore()
    world = World(store=store)
    await world.set_up()
    poison = world.order_of_friend(666)
    await world.deliver(poison)
    store.faults = Faults(**{place: RuntimeError("a bug")})
    world.clock.advance(TOO_LONG)
    with pytest.raises(ExceptionGroup):
        await world.work()
    assert world.outcomes() == [Outcome.HELD]
