"""No more is taken from the store at a time than was asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.retention import SHORTEST
from referrals_domain.ports.referral_listing import Selection
from referrals_domain.testing import builders
from referrals_domain.testing.memory.due_referrals import InMemoryDueReferrals
from referrals_domain.testing.memory.listing import InMemoryReferralListing
from referrals_domain.testing.memory.store import InMemoryTransaction
from referrals_domain.use_cases.complete_due_holds import CompleteDueHolds
from referrals_domain.use_cases.expire_referrals import ExpireReferrals
from referrals_domain.use_cases.forget_old import ForgetOld
from referrals_domain.use_cases.list_referrals import ListReferrals
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from referrals_domain.model.referral import Place, Referral
    from referrals_domain.ports.due_referrals import Due


@attrs.frozen
class NotedDue(InMemoryDueReferrals):
    """Those that are due; how many were taken at a time is noted."""

    taken: list[int]

    async def after_hold(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """Note how many they are."""
        page = await super().after_hold(limit, at=at, behind=behind)
        self.taken.append(len(page))
        return page

    async def after_window(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """Note how many they are."""
        page = await super().after_window(limit, at=at, behind=behind)
        self.taken.append(len(page))
        return page


@attrs.frozen
class NotedListing(InMemoryReferralListing):
    """The listing; how many were taken at a time is noted."""

    taken: list[int]

    async def page(
        self, selection: Selection, *, after: Place | None, limit: int
    ) -> Sequence[Referral]:
        """Note how many they are."""
        page = await super().page(selection, after=after, limit=limit)
        self.taken.append(len(page))
        return page


def noting(world: World, taken: list[int]) -> Callable[[], InMemoryTransaction]:
    """Begin transactions on a world's store that note how many were taken at a time."""

    class Noting(InMemoryTransaction):
        @property
        def due(self) -> NotedDue:
            return NotedDue(self._state, taken)

        @property
        def listing(self) -> NotedListing:
            return NotedListing(self._state, taken)

    return lambda: Noting(world.store)


def share(number: int) -> Referral:
    return builders.referral(
        id=ReferralId(f"22222222-2222-4222-8222-22222222222{number}"),
        opened_at=builders.SHARED_AT + timedelta(minutes=number),
    )


async def test_holds_are_taken_a_page_at_a_time_and_each_page_once() -> None:
    world = World()
    await world.set_up(builders.program(hold=timedelta(days=1)))
    bare = (builders.signal(share=None),)
    await world.deliver(*(world.order_of_friend(n, signals=bare) for n in range(5)))
    await world.work()
    world.clock.advance(timedelta(days=1))
    taken: list[int] = []
    begin = noting(world, taken)
    sweep = CompleteDueHolds(begin=begin, cache=world.cache, clock=world.clock)
    assert await sweep(2) == 5
    assert taken == [2, 2, 1, 0]


async def test_windows_are_taken_a_page_at_a_time_and_each_page_once() -> None:
    world = World()
    await world.set_up(shares=[share(number) for number in range(5)])
    world.clock.advance(builders.program().window)
    taken: list[int] = []
    begin = noting(world, taken)
    sweep = ExpireReferrals(begin=begin, cache=world.cache, clock=world.clock)
    assert await sweep(2) == 5
    assert taken == [2, 2, 1, 0]


async def test_to_know_of_a_next_page_one_more_is_taken() -> None:
    world = World()
    await world.set_up(shares=[share(number) for number in range(5)])
    taken: list[int] = []
    page = await ListReferrals(begin=noting(world, taken))(
        Selection(merchant_id=builders.MERCHANT), after=None, size=3
    )
    assert taken == [4]
    assert page.last == share(2).place


async def test_of_each_kind_no_more_is_forgotten_than_was_asked_for() -> None:
    world = World()
    rest = [attrs.evolve(share(n), status=ReferralStatus.EXPIRED) for n in range(3)]
    await world.set_up(builders.program(retention=SHORTEST), shares=rest)
    world.store.state.stale_statuses.clear()
    async with world.store.begin() as tx:
        await tx.quarantine.add([builders.unreadable_body(body=bytes([n])) for n in range(3)])
        await tx.commit()
    world.clock.advance(SHORTEST)
    forget = ForgetOld(begin=world.store.begin, cache=world.cache, clock=world.clock)
    for left in ([1, 1], [0, 0]):
        await forget(2)
        assert [len(world.store.state.quarantine), len(world.store.state.referrals)] == left
