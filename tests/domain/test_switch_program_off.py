"""A shop that uninstalled the app has no program that rewards anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.errors import Stale, Unavailable
from referrals_domain.model.delivery import Receipt
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.testing import builders
from referrals_domain.testing.memory.programs import InMemoryPrograms
from referrals_domain.testing.memory.store import InMemoryTransaction
from referrals_domain.use_cases.switch_program_off import SwitchProgramOff
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.program import ReferralProgram
    from tests.domain.world import World


@attrs.frozen
class PutAgain(InMemoryPrograms):
    """Programs that somebody else puts before us, so many times."""

    times: list[int]

    async def save(self, program: ReferralProgram) -> None:
        """Save the program, or find that it is stale."""
        if self.times[0]:
            self.times[0] -= 1
            raise Stale
        await super().save(program)


async def switch_off(
    world: World, shop: ShopDomain = builders.SHOP, host: str = builders.SHOP
) -> Receipt:
    return await SwitchProgramOff(begin=world.store.begin)(shop, host)


async def switch_off_while_others_put_it(world: World, times: int) -> Receipt:
    left = [times]

    class Transaction(InMemoryTransaction):
        @property
        def programs(self) -> PutAgain:
            return PutAgain(self._state, left)

    switch = SwitchProgramOff(begin=lambda: Transaction(world.store))
    return await switch(builders.SHOP, builders.SHOP)


async def test_the_program_is_off_from_the_next_version_on(world: World) -> None:
    assert await switch_off(world) is Receipt.STORED
    off = builders.program(active=False, version=2)
    assert world.store.state.programs == {builders.MERCHANT: off}


async def test_what_is_off_stays_as_it_is(world: World) -> None:
    await switch_off(world)
    assert await switch_off(world) is Receipt.REPEATED
    assert world.store.state.programs[builders.MERCHANT].version == 2


@pytest.mark.parametrize(
    ("shop", "host", "receipt"),
    [
        ("other.myshopify.com", "other.myshopify.com", Receipt.NO_PROGRAM),
        ("acme.myshopify.com", "other.myshopify.com", Receipt.SHOP_MISMATCH),
    ],
)
async def test_no_other_shop_switches_it_off(
    world: World, shop: str, host: str, receipt: Receipt
) -> None:
    assert await switch_off(world, ShopDomain(shop), host) is receipt
    assert world.store.state.programs == {builders.MERCHANT: builders.program()}


async def test_who_comes_between_is_waited_for(world: World) -> None:
    assert await switch_off_while_others_put_it(world, 4) is Receipt.STORED
    assert not world.store.state.programs[builders.MERCHANT].active


async def test_who_always_comes_between_is_not_waited_for_for_ever(world: World) -> None:
    with pytest.raises(Unavailable, match=r"^others put the program again and again$"):
        await switch_off_while_others_put_it(world, 5)
    assert world.store.state.programs[builders.MERCHANT].active
