"""Deliveries of programs that were seen are stored at once; what changed since is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.model.delivery import Receipt
from referrals_domain.model.identifiers import MerchantId, OrderId, ShopDomain
from referrals_domain.testing import builders
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.use_cases import accept_deliveries
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from tests.domain.test_redacted_customers import redact

if TYPE_CHECKING:
    from collections.abc import Collection

    from referrals_domain.model.delivery import AcceptedDelivery, Delivery
    from referrals_domain.model.program import ReferralProgram
    from tests.domain.world import World

OTHER_SHOP = ShopDomain("other.myshopify.com")
OTHER = builders.program(merchant_id=MerchantId("other"), shop_domain=OTHER_SHOP)


@attrs.define
class Watched(InMemoryIntake):
    """An intake that keeps what it was asked, and what it answered."""

    answers: list[Sequence[bool] | None] = attrs.field(factory=list)

    async def add(
        self, deliveries: Sequence[AcceptedDelivery], *, programs: Collection[ReferralProgram]
    ) -> Sequence[bool] | None:
        """Do it, and keep the answer."""
        self.answers.append(await super().add(deliveries, programs=programs))
        return self.answers[-1]


@pytest.fixture
def intake(world: World) -> Watched:
    return Watched(world.store.begin)


@pytest.fixture
def accept(world: World, intake: Watched) -> AcceptDeliveries:
    return AcceptDeliveries(begin=world.store.begin, intake=intake)


def order(number: int, **changes: object) -> Delivery:
    facts = builders.facts(order_id=OrderId(str(number)))
    return builders.delivery(**{"facts": facts} | changes)


async def save(world: World, program: ReferralProgram) -> None:
    async with world.store.begin() as tx:
        await tx.programs.save(program)
        await tx.commit()


async def test_what_was_never_seen_is_looked_at_first(
    accept: AcceptDeliveries, intake: Watched
) -> None:
    assert await accept([order(1)]) == [Receipt.STORED]
    assert intake.answers == []
    assert await accept([order(2), order(1), order(2)]) == [
        Receipt.STORED,
        Receipt.REPEATED,
        Receipt.REPEATED,
    ]
    assert intake.answers == [[True, False, False]]


async def test_what_is_stored_at_once_is_stored_alike(
    world: World, accept: AcceptDeliveries
) -> None:
    await save(world, OTHER)
    await accept([order(1), order(2, shop_domain=OTHER_SHOP)])
    await accept([order(3, shop_domain=OTHER_SHOP), order(4)])
    stored = [one.accepted for one in world.store.state.deliveries.values()]
    assert [(one.merchant_id, one.facts.order_id) for one in stored] == [
        (builders.MERCHANT, "1"),
        (OTHER.merchant_id, "2"),
        (OTHER.merchant_id, "3"),
        (builders.MERCHANT, "4"),
    ]
    first, *_, last = stored
    assert attrs.evolve(last, facts=first.facts) == first


async def test_one_of_a_shop_that_was_never_seen_has_all_looked_at(
    world: World, accept: AcceptDeliveries, intake: Watched
) -> None:
    await accept([order(1)])
    receipts = await accept([order(2), order(3, shop_domain=OTHER_SHOP)])
    assert receipts == [Receipt.STORED, Receipt.NO_PROGRAM]
    await save(world, OTHER)
    assert await accept([order(3, shop_domain=OTHER_SHOP)]) == [Receipt.STORED]
    assert intake.answers == []


async def test_a_host_that_is_not_known_has_the_program_looked_at(
    world: World, accept: AcceptDeliveries
) -> None:
    moved = order(2, named_host="new.example")
    assert await accept([order(1), moved]) == [Receipt.STORED, Receipt.SHOP_MISMATCH]
    new = builders.program(version=2, storefront_url="https://new.example")
    await save(world, new)
    assert await accept([moved]) == [Receipt.STORED]


async def test_a_program_that_was_put_anew_is_looked_at_once(
    world: World, accept: AcceptDeliveries, intake: Watched
) -> None:
    await accept([order(1)])
    await save(world, builders.program(version=2))
    assert await accept([order(2)]) == [Receipt.STORED]
    assert await accept([order(3)]) == [Receipt.STORED]
    assert intake.answers == [None, [True]]


async def test_after_a_redaction_each_delivery_is_looked_at(
    world: World, accept: AcceptDeliveries, intake: Watched
) -> None:
    await accept([order(1)])
    stone = await redact(world, builders.FRIEND, at=builders.PLACED_AT)
    await accept([order(2)])
    await accept([order(3)])
    assert intake.answers == [None]
    friends = [one.accepted.facts.customer_id for one in world.store.state.deliveries.values()]
    assert friends[1:] == [stone.customer_id] * 2


async def test_a_shop_that_was_erased_is_not_ours_any_more(
    world: World, accept: AcceptDeliveries, intake: Watched
) -> None:
    await accept([order(1)])
    async with world.store.begin() as tx:
        await tx.merchant_records.erase(builders.MERCHANT, limit=100)
        await tx.commit()
    assert await accept([order(2)]) == await accept([order(3)]) == [Receipt.NO_PROGRAM]
    assert world.store.state.deliveries == {}
    assert intake.answers == [None]


async def test_not_more_than_so_many_programs_are_remembered(
    world: World, accept: AcceptDeliveries, intake: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept_deliveries, "_MOST_SEEN", 1)
    await save(world, OTHER)
    await accept([order(1)])
    await accept([order(2, shop_domain=OTHER_SHOP)])
    await accept([order(3)])
    assert intake.answers == []
    await accept([order(4)])
    assert intake.answers == [[True]]
