"""A drain counts only if the broker has every event once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
import pytest

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.events import event_data
from referrals_adapters.wire.variables import Variables
from referrals_domain.model.code import ReferralCode
from referrals_domain.testing import builders
from referrals_sandbox.bench.drain import PARTS, Drain, types
from referrals_sandbox.bench.load import LOAD, Meter
from referrals_sandbox.composition.shops import Link
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import free_port
from referrals_webhook.role import Role
from referrals_webhook.roles import duty
from tests.broker import records
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers

EVENTS = 9_000  # more than the relay reads at once
MERCHANTS = ["one", "two", "three"]
LINKS = [
    Link(merchant_id=one, shop_domain=f"{one}.example", id="l", code=ReferralCode.of_number(7))
    for one in MERCHANTS
]


@asynccontextmanager
async def connected(settings: PostgresSettings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.revealed(),
        database=settings.name,
    )
    yield connection
    await connection.close()


@pytest.fixture
async def owner(
    migrated: PostgresSettings,
    database: PostgresSettings,  # noqa: ARG001 - empties the tables afterwards
) -> AsyncIterator[asyncpg.Connection]:
    async with connected(migrated) as connection:
        yield connection


@asynccontextmanager
async def relaying(servers: Servers, database: PostgresSettings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    settings = {**servers.environment(), "REFERRALS_DB_NAME": database.name}
    relay = asyncio.create_task(duty(Role.RELAY, Variables(settings), Metrics())(stop))
    yield
    stop.set()
    await relay


async def test_all_events_get_through_in_slices_of_as_many(
    servers: Servers, database: PostgresSettings, owner: asyncpg.Connection
) -> None:
    broker = servers.kafka.address
    async with relaying(servers, database):
        slices = await Drain(connection=owner, links=LINKS, broker=broker).run(EVENTS, Meter({}))

    assert sum(one.done for one in slices) == EVENTS
    assert 1 < len(slices) <= PARTS
    assert all(one.seconds > 0 and one.cpu[LOAD] > 0 for one in slices)
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 0
    found = [one for topic in types(0) for one in await records(broker, topic)]
    ours = [one for one in found if json.loads(one.value).get("merchant_id") in MERCHANTS]
    assert len({dict(one.headers)["ce_id"] for one in ours}) == len(ours) == EVENTS
    assert Counter(one.topic for one in ours) == types(EVENTS)
    completed_at = {one.key: one.timestamp for one in ours if one.topic == "referral.completed"}
    reversed_ = [one for one in ours if one.topic == "referral.reversed"]
    assert len(reversed_) == (EVENTS - 1_000) // 20
    assert all(one.timestamp >= completed_at[one.key] for one in reversed_)


async def test_events_are_those_that_the_worker_stores(owner: asyncpg.Connection) -> None:
    filled = Drain(connection=owner, links=LINKS, broker=f"127.0.0.1:{free_port()}")
    with pytest.raises(SandboxError, match="does not answer"):
        await filled.run(EVENTS, Meter({}))
    await filled.fill(EVENTS)

    rows = await owner.fetch("SELECT * FROM outbox ORDER BY seq")

    said = [json.loads(row["payload"]) for row in rows]
    stored = json.loads(event_data(builders.referral_completed()))
    assert len(rows) == len({row["id"] for row in rows}) == EVENTS
    assert all(one.keys() == stored.keys() for one in said)
    assert [row["aggregateid"] for row in rows] == [one["referral_id"] for one in said]
    assert {row["aggregatetype"] for row in rows} == {"referral"}
    assert Counter(row["type"] for row in rows) == types(EVENTS)
    assert {one["merchant_id"] for one in said} == set(MERCHANTS)
    whose = {(one["referral_id"], one["merchant_id"]) for one in said}
    assert len(whose) == types(EVENTS)["referral.completed"]


async def test_events_that_left_and_did_not_arrive_are_told(
    servers: Servers, owner: asyncpg.Connection, migrated: PostgresSettings
) -> None:
    losing = Drain(connection=owner, links=LINKS, broker=servers.kafka.address)

    async with connected(migrated) as thief, asyncio.TaskGroup() as group:

        async def lost() -> bool:
            return await thief.execute("DELETE FROM outbox") != "DELETE 0"

        group.create_task(until(lost))
        with pytest.raises(SandboxError, match=r"completed': 20.* got .*completed': 0"):
            await losing.run(20, Meter({}))


async def test_events_that_stay_are_told(servers: Servers, owner: asyncpg.Connection) -> None:
    stuck = Drain(connection=owner, links=LINKS, broker=servers.kafka.address, within=0.1)
    with pytest.raises(SandboxError, match="20 events do not leave"):
        await stuck.run(20, Meter({}))


@pytest.mark.parametrize("events", [20, 1_000, 1_019, 1_020, 3_000])
async def test_of_how_many_which_are_reversals(events: int, owner: asyncpg.Connection) -> None:
    await Drain(connection=owner, links=LINKS, broker="").fill(events)

    found = Counter(row["type"] for row in await owner.fetch("SELECT type FROM outbox"))

    assert found == {type_: number for type_, number in types(events).items() if number}
