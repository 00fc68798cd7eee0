"""The laws of `Leadership`."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from referrals_domain.ports.leadership import Leadership

Lose: TypeAlias = Callable[[], Awaitable[None]]
_AMPLE: Final = 10
"""Nobody waits for a lead as long as that, in seconds."""

_A_WHILE: Final = 0.05


class LeadershipContract(ABC):
    """
    Of many one leads.

    Override both fixtures to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def leadership(self) -> Leadership:
        """Return what many want to lead."""

    @pytest.fixture
    @abstractmethod
    def lose(self, leadership: Leadership) -> Lose:
        """Return what takes the lead away from whoever has it."""

    async def test_of_many_one_leads_at_a_time_and_each_in_turn(
        self, leadership: Leadership
    ) -> None:
        leading, most = 0, 0

        async def lead() -> None:
            nonlocal leading, most
            async with leadership.held():
                leading += 1
                most = max(most, leading)
                await asyncio.sleep(_A_WHILE)
                leading -= 1

        async with asyncio.timeout(_AMPLE):
            await asyncio.gather(*(lead() for _ in range(3)))
        assert most == 1

    async def test_what_goes_wrong_in_the_block_comes_out_and_ends_the_lead(
        self, leadership: Leadership
    ) -> None:
        for error in (ZeroDivisionError(), TimeoutError()):
            with pytest.raises(type(error)) as raised:
                async with asyncio.timeout(_AMPLE), leadership.held():
                    raise error
            assert raised.value is error

    async def test_who_no_longer_waits_does_not_keep_others_waiting(
        self, leadership: Leadership
    ) -> None:
        async with asyncio.timeout(_AMPLE):
            async with leadership.held():
                impatient = asyncio.create_task(_lead_for_good(leadership))
                await asyncio.sleep(_A_WHILE)
                impatient.cancel()
                with suppress(asyncio.CancelledError):
                    await impatient
            async with leadership.held():
                pass

    async def test_who_loses_the_lead_stops_and_another_leads(
        self, leadership: Leadership, lose: Lose
    ) -> None:
        led = asyncio.Event()
        leader = asyncio.create_task(_lead_for_good(leadership, led))
        async with asyncio.timeout(_AMPLE):
            await led.wait()
            await lose()
            with pytest.raises(Unavailable):
                await leader
            async with leadership.held():
                pass


async def _lead_for_good(leadership: Leadership, led: asyncio.Event | None = None) -> None:
    async with leadership.held():
        if led:
            led.set()
        await asyncio.Event().wait()
