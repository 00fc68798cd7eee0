"""When the relay that leads is lost, however, another goes on, and the lost one does no harm."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.system.exits import REPLACE
from referrals_sandbox.servers.proxy import Address, Fair, leading_to
from tests.waiting import until
from tests.webhook.course import Course
from tests.webhook.program import Process

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

TAKEN_OVER: Final = 5.0
"""
Seconds within which another relay leads and publishes, whatever became of the one before.

The server ends its sessions after 2 s without a word, and so its lead and its locks; others try
to lead twice a second. So 2.5 s are left for a machine that is busy.
"""

LEADING: Final = "referrals-webhook relay leading"
BACKENDS: Final = "pg_stat_activity WHERE application_name = 'referrals-webhook-relay'"


class Nowhere(Fair):
    """Nothing arrives any more, either way, not even that the other has left."""

    async def request(self, sent: bytes) -> bytes:  # noqa: ARG002 - it goes nowhere
        await asyncio.Future()
        raise AssertionError

    async def reply(self, sent: bytes) -> bytes:
        return await self.request(sent)


@attrs.frozen
class UntilCommit(Fair):
    """All goes well until a transaction is to be committed: then nothing arrives any more."""

    address: Address

    async def request(self, sent: bytes) -> bytes:
        if b"COMMIT" not in sent:
            return sent
        self.address.change(Nowhere)
        return await Nowhere().request(sent)


@attrs.frozen(eq=False)
class Relay:
    """A relay, and the address by which it reaches the database."""

    process: Process
    address: Address

    def leads(self) -> bool:
        return LEADING in self.process.child.log_text

    async def is_cut_off(self) -> bool:
        return self.address.weather is Nowhere


async def test_another_relay_takes_over_and_the_first_of_each_event_comes_in_order(
    program: Program, stage: Stage, database: PostgresSettings
) -> None:
    async with AsyncExitStack() as stack:
        relays = []
        for _ in range(4):
            address = await stack.enter_async_context(leading_to(database.port))
            at = {"REFERRALS_DB_HOST": "127.0.0.1", "REFERRALS_DB_PORT": str(address.port)}
            relays.append(Relay(program.start("run", "--role", "relay", **at), address))
        course = Course(stage)
        async with course.going_on():
            cut_off, relays = await leader(relays, within=15)
            cut_off.address.change(partial(UntilCommit, cut_off.address))
            await until(cut_off.is_cut_off)
            frozen, relays = await taken_over(relays, stage)
            backends = set(await stage.rows(BACKENDS, "pid"))
            assert backends
            frozen.process.send(signal.SIGSTOP)
            killed, relays = await taken_over(relays, stage)
            await until(partial(is_out_of_reach, stage, backends))
            killed.process.send(signal.SIGKILL)
            last, _ = await taken_over(relays, stage)
            frozen.process.send(signal.SIGCONT)
        await until(partial(is_empty, stage))
        assert await frozen.process.exit_code() == REPLACE
        assert await cut_off.process.exit_code() == REPLACE
        last.process.send(signal.SIGTERM)
        assert await last.process.exit_code() == 0

    await course.assert_published()
    assert course.referrals > 10


async def leader(relays: list[Relay], *, within: float) -> tuple[Relay, list[Relay]]:
    """Wait until one leads; return it and the others."""

    async def one_leads() -> bool:
        return any(relay.leads() for relay in relays)

    await until(one_leads, within=within)
    (leads,) = [relay for relay in relays if relay.leads()]
    return leads, [relay for relay in relays if relay is not leads]


async def taken_over(relays: list[Relay], stage: Stage) -> tuple[Relay, list[Relay]]:
    """Wait until one of the others leads and publishes what happens now; return as above."""
    async with asyncio.timeout(TAKEN_OVER):
        await until(partial(waits, stage), within=TAKEN_OVER)
        ((newest,),) = await stage.rows("outbox", "max(seq)")
        found = await leader(relays, within=TAKEN_OVER)
        await until(partial(is_empty, stage, up_to=newest), within=TAKEN_OVER)
        return found


async def is_out_of_reach(stage: Stage, backends: set[int]) -> bool:
    return not backends & set(await stage.rows(BACKENDS, "pid"))


async def waits(stage: Stage) -> bool:
    return bool(await stage.rows("outbox", "seq"))


async def is_empty(stage: Stage, *, up_to: int = 2**63 - 1) -> bool:
    return not await stage.rows(f"outbox WHERE seq <= {up_to}", "seq")
