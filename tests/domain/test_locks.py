"""Whatever is written again was locked before, in the same transaction, and its merchant held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from referrals_domain.model.identifiers import LinkKey, MerchantId, OrderId, OrderKey, ReferralKey
from referrals_domain.model.review import ReviewVerdict
from referrals_domain.testing import builders
from referrals_domain.testing.memory.links import InMemoryReferralLinks
from referrals_domain.testing.memory.merchant_keys import InMemoryMerchantKeys
from referrals_domain.testing.memory.orders import InMemoryReferredOrders
from referrals_domain.testing.memory.referrals import InMemoryReferrals
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.merchant_key import MerchantKey
    from referrals_domain.model.order import ReferredOrder
    from referrals_domain.model.referral import Referral


@attrs.frozen
class WatchedKeys(InMemoryMerchantKeys):
    """The merchants' keys; who is held is remembered."""

    locked: set[object]

    async def hold(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Remember them."""
        self.locked.update(merchant_ids)
        return await super().hold(merchant_ids)


@attrs.frozen
class WatchedLinks(InMemoryReferralLinks):
    """The links; which are locked is remembered."""

    locked: set[object]

    async def lock(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Remember them."""
        self.locked.update(keys)
        return await super().lock(keys)


@attrs.frozen
class WatchedOrders(InMemoryReferredOrders):
    """The orders, of which only those are saved that were locked."""

    locked: set[object]

    async def lock(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """Remember them."""
        self.locked.update(keys)
        return await super().lock(keys)

    async def save(self, orders: Collection[ReferredOrder], *, at: datetime) -> None:
        """Look whether they were locked, with their links, and their merchants held."""
        needed = {(order.key, order.link_key, order.merchant_id) for order in orders}
        assert {key for keys in needed for key in keys if key} <= self.locked
        await super().save(orders, at=at)


@attrs.frozen
class WatchedReferrals(InMemoryReferrals):
    """The referrals, of which only those are saved again that were locked."""

    locked: set[object]

    async def lock(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Remember them."""
        self.locked.update(keys)
        return await super().lock(keys)

    async def save(self, transitions: Sequence[Transition]) -> None:
        """Look whether they were locked, or are new."""
        known = {one.referral.key for one in transitions} & self.state.referrals.keys()
        assert known <= self.locked
        await super().save(transitions)


class WatchedTransaction(InMemoryTransaction):
    """A transaction that remembers what it locked, and locks nothing that it does not change."""

    def __init__(self, store: InMemoryStore) -> None:
        super().__init__(store)
        self._locked: set[object] = set()

    async def commit(self) -> None:
        """Let go of everything."""
        await super().commit()
        self._locked.clear()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look whether anything was locked for nothing."""
        await super().__aexit__(kind, error, trace)
        assert error or not self._locked

    @property
    def merchant_keys(self) -> WatchedKeys:
        """The merchants' keys."""
        return WatchedKeys(self._state, self._locked)

    @property
    def links(self) -> WatchedLinks:
        """The links."""
        return WatchedLinks(self._state, self._locked)

    @property
    def orders(self) -> WatchedOrders:
        """The orders."""
        return WatchedOrders(self._state, self._locked)

    @property
    def referrals(self) -> WatchedReferrals:
        """The referrals."""
        return WatchedReferrals(self._state, self._locked)


class WatchedStore(InMemoryStore):
    """A store whose transactions are watched."""

    def begin(self) -> WatchedTransaction:
        """Return a transaction to enter."""
        return WatchedTransaction(self)


async def watched(**settings: Any) -> World:
    world = World(store=WatchedStore())
    await world.set_up(builders.program(**settings))
    return world


async def test_orders_and_their_shares_are_locked_to_be_settled() -> None:
    world = await watched()
    await world.deliver(builders.facts())
    await world.work()
    assert world.events() == ["referral.completed"]


async def test_what_a_person_reviews_is_locked() -> None:
    world = await watched(velocity_cap=1, review=True)
    await world.deliver(world.order_of_friend(1))
    await world.work()
    await world.deliver(world.order_of_friend(2))
    await world.work()
    await world.review_referral(world.referral_of(OrderId("2")).key, ReviewVerdict.APPROVED)
    assert world.events() == ["referral.completed"] * 2


async def test_what_time_moves_on_is_locked() -> None:
    hold = timedelta(days=1)
    world = await watched(hold=hold)
    await world.deliver(world.order_of_friend(1, signals=(builders.signal(share=None),)))
    await world.work()
    world.clock.advance(builders.program().window)
    await world.sweep()
    assert world.events() == ["referral.completed"]
    assert world.share().version == 2


async def test_what_was_not_locked_is_not_saved() -> None:
    world = await watched()
    async with world.store.begin() as tx:
        with pytest.raises(AssertionError):
            await tx.orders.save([builders.order()], at=builders.PLACED_AT)
