"""The load: askers who ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from referrals_sandbox.bench import cpu
from referrals_sandbox.bench.figures import Slice

if TYPE_CHECKING:
    from collections.abc import Sequence

Ask: TypeAlias = Callable[[], Awaitable[None]]
"""Asks once, and raises unless the answer is right."""

LOAD: Final = "load"
"""The name under which the process that makes the load has its CPU seconds."""


PART: Final = 0.8
"""The part of the most that can be done at which latencies are told, too."""

_TICK: Final = 0.001  # seconds: uvloop's timers know no less, and may end half of one early


@attrs.frozen
class Meter:
    """
    Tells what processes spend.

    Args:
        processes: By their names.
    """

    processes: Mapping[str, int]

    def read(self) -> dict[str, float]:
        """Return the CPU seconds that each has spent until now, and this process."""
        others = self._read_others()
        return {**others, LOAD: time.process_time()}

    def since(self, before: Mapping[str, float]) -> dict[str, float]:
        """Return the CPU seconds that each has spent since it was read."""
        load = time.process_time()  # first, as it came last then: to look at others is no load
        now = {**self._read_others(), LOAD: load}
        return {name: spent - before[name] for name, spent in now.items()}

    def _read_others(self) -> dict[str, float]:
        spent = cpu.spent(self.processes.values())
        return {name: spent[pid] for name, pid in self.processes.items()}


async def ask_for(seconds: float, askers: Sequence[Ask], meter: Meter) -> Slice:
    """Have every asker ask one thing after another for so long."""
    latencies: list[float] = []
    before, begun = meter.read(), time.perf_counter()

    async def ask_on(ask: Ask) -> None:
        while (asked := time.perf_counter()) < begun + seconds:
            await ask()
            latencies.append(time.perf_counter() - asked)

    async with asyncio.TaskGroup() as group:
        for ask in askers:
            group.create_task(ask_on(ask))
    return Slice(
        done=len(latencies),
        seconds=time.perf_counter() - begun,
        latencies=latencies,
        cpu=meter.since(before),
    )


async def ask_for_and_at_part(seconds: float, askers: Sequence[Ask], meter: Meter) -> Slice:
    """Ask for as much as can be had for so long, and then as long for a part of it."""
    most = await ask_for(seconds, askers, meter)
    return attrs.evolve(most, latencies_at_part=await ask_at(PART * most.rate, seconds, askers))


async def ask_at(rate: float, seconds: float, askers: Sequence[Ask]) -> Sequence[float]:
    """
    Ask so many things a second for so long, and return how long each took since it was due.

    What is due while all askers wait for answers waits for one of them, and that counts, too.
    """
    latencies: list[float] = []
    begun = time.perf_counter()
    due = iter([begun + number / rate for number in range(round(seconds * rate))])

    async def ask_on(ask: Ask) -> None:
        for at in due:
            while (early := at - time.perf_counter()) > 0:  # noqa: ASYNC110 - for time alone
                await asyncio.sleep(max(early, _TICK))
            await ask()
            latencies.append(time.perf_counter() - at)

    async with asyncio.TaskGroup() as group:
        for ask in askers:
            group.create_task(ask_on(ask))
    return latencies


async def ask_times(number: int, askers: Sequence[Ask]) -> None:
    """Have all askers together ask so many things, to warm up what answers."""
    left = iter(range(number))

    async def ask_on(ask: Ask) -> None:
        for _ in left:
            await ask()

    async with asyncio.TaskGroup() as group:
        for ask in askers:
            group.create_task(ask_on(ask))
