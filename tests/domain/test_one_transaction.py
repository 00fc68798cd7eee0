"""Orders that concern each other are settled together, and nobody asks for what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import Cause
from referrals_domain.testing import builders
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.testing.memory.redactions import InMemoryRedactions

TRANSACTIONS: Final = 3
"""To claim, to look, and to settle."""


class CountingStore(InMemoryStore):
    """A store that counts its transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0

    def begin(self) -> InMemoryTransaction:
        """Return a transaction to enter, and count it."""
        self.begun += 1
        return super().begin()


async def test_where_nothing_is_due_nothing_is_looked_for() -> None:
    store = CountingStore()
    assert await World(store=store).work() == 0
    assert store.begun == 1


@pytest.mark.parametrize(
    ("settings", "changes", "causes"),
    [
        ({}, {}, [Cause.ORDER_CREATED] * 3),
        ({"velocity_cap": 1}, {}, [Cause.ORDER_CREATED] + [Cause.VELOCITY_CAP] * 2),
        (
            {},
            {"buyer": Buyer(updated_at=builders.PLACED_AT, customer_id=builders.FRIEND)},
            [Cause.ORDER_CREATED] + [Cause.FRIEND_ALREADY_REFERRED] * 2,
        ),
        (
            {"review": True},
            {"snapshot": builders.facts_from(builders.ADDRESS).snapshot},
            [Cause.ORDER_CREATED] + [Cause.IN_REVIEW] * 2,
        ),
    ],
    ids=["nothing", "day", "friend", "address"],
)
async def test_what_orders_have_in_common_is_seen_within_the_transaction(
    settings: dict[str, Any], changes: dict[str, Any], causes: list[Cause]
) -> None:
    store = CountingStore()
    world = World(store=store)
    await world.set_up(builders.program(**settings))
    orders = [world.order_of_friend(number, **changes) for number in range(3)]
    await world.deliver(*orders)
    store.begun = 0
    await world.work()
    assert store.begun == TRANSACTIONS
    assert [world.referral_of(one.order_id).cause for one in orders] == causes


class TransactionWithoutRedactions(InMemoryTransaction):
    """A transaction in which nobody looks for who was redacted."""

    @property
    def redactions(self) -> InMemoryRedactions:
        """Refuse."""
        raise AssertionError


class StoreWithoutRedactions(InMemoryStore):
    """A store of merchants none of whom has a key."""

    def begin(self) -> TransactionWithoutRedactions:
        """Return a transaction to enter."""
        return TransactionWithoutRedactions(self)


async def test_where_no_merchant_has_a_key_nobody_looks_for_who_was_redacted() -> None:
    world = World(store=StoreWithoutRedactions())
    await world.set_up()
    await world.deliver(builders.facts())
    await world.work()
    assert world.events() == ["referral.completed"]
