"""
A relay works off 100,000 events while new ones come: `uv run pytest -n0 -s` with this file's path.

It takes a minute, so `uv run pytest` leaves it out; rate and memory are printed.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiokafka import ConsumerRecord

    from tests.webhook.program import Process, Program
    from tests.webhook.stage import Stage

BACKLOG: Final = 400_000
MORE: Final = 2_000
"""Events that come at once, twenty times while the backlog is worked off."""
EVENTS: Final = 4
"""Events of each referral: completed, reversed, completed, reversed."""
MEMORY: Final = 64
"""MiB that the relay may take beyond what it took for a few events."""

# All first events of a round come before all second ones, but for every other referral, whose
# events follow each other. The relay does not read the payload, which tells an event's place.
_FILL: Final = text("""
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, occurred_at, payload)
    SELECT gen_random_uuid(), 'referral', md5(:round || '/' || referral)::uuid,
           CASE place % 2 WHEN 0 THEN 'referral.completed' ELSE 'referral.reversed' END,
           now(), convert_to(place::text, 'UTF8')
    FROM generate_series(1, CAST(:referrals AS int)) AS referral,
         generate_series(0, CAST(:events AS int) - 1) AS place
    ORDER BY CASE referral % 2 WHEN 0 THEN place END, referral, place
""")


@attrs.define
class Reader:
    """What came to a consumer: of each referral the time of the first copy of each event."""

    kafka: str
    firsts: dict[bytes, dict[int, int]] = attrs.field(factory=lambda: defaultdict(dict))
    copies: int = 0
    out_of_order: int = 0

    @property
    def events(self) -> int:
        return sum(map(len, self.firsts.values()))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read within the block."""
        reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _read(self) -> None:
        topics = ("referral.completed", "referral.reversed")
        async with AIOKafkaConsumer(
            *topics, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        ) as consumer:
            async for record in consumer:
                self._take(record)

    def _take(self, record: ConsumerRecord) -> None:
        seen, place = self.firsts[record.key], int(record.value)
        if place in seen:
            self.copies += 1
        elif place > 1 and place - 2 not in seen:  # the one before on the same topic
            self.out_of_order += 1
        seen.setdefault(place, record.timestamp)

    def referrals_out_of_order(self) -> list[bytes]:
        """Return those whose later event was sent before an earlier one, on whatever topics."""
        return [
            key
            for key, seen in self.firsts.items()
            if any(seen[one] > seen[other] for one, other in pairwise(sorted(seen)))
        ]


@pytest.mark.timeout(300)
async def test_a_long_backlog_is_worked_off_in_order_and_in_little_memory(
    stage: Stage, program: Program
) -> None:
    relay = program.start("run", "--role", "relay")
    await relay.says("^referrals-webhook relay leading$")
    await fill(stage, "first", MORE)
    await until_empty(stage)
    before = peak(relay)

    await fill(stage, "backlog", BACKLOG)
    reader, began = Reader(stage.kafka), time.monotonic()
    async with reader.reading():
        for number in range(20):
            await asyncio.sleep(0.2)
            await fill(stage, str(number), MORE)
        assert await left(stage) > BACKLOG // 10  # else it was no backlog when they came
        await until_empty(stage)
        took = time.monotonic() - began
        total = BACKLOG + 21 * MORE

        async def all_arrived() -> bool:
            return reader.events == total

        await until(all_arrived, within=30)
    grown = peak(relay) - before
    print(f"{total / took:,.0f} events/s, {grown} MiB more, {reader.copies} copies")  # noqa: T201
    assert reader.out_of_order == 0
    assert reader.referrals_out_of_order() == []
    assert grown < MEMORY


async def fill(stage: Stage, round_: str, events: int) -> None:
    parameters = {"round": round_, "referrals": events // EVENTS, "events": EVENTS}
    async with stage.engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(_FILL, parameters)


async def left(stage: Stage) -> int:
    ((count,),) = await stage.rows("outbox", "count(*)")
    return int(count)


async def until_empty(stage: Stage) -> None:
    async def is_empty() -> bool:
        await asyncio.sleep(0.2)
        return await left(stage) == 0

    await until(is_empty, within=240)


def peak(process: Process) -> int:
    """Return the most memory that a process ever had, in MiB."""
    status = Path(f"/proc/{process.child.pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) // 1024
