"""Look for texts wherever the service leaves anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import asyncpg
import attrs
import httpx
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from referrals_adapters.postgres.settings import PostgresSettings
from tests.broker import records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_TABLES: Final = """
    SELECT schemaname, relname FROM pg_catalog.pg_stat_user_tables ORDER BY 1, 2
"""


class Found(NamedTuple):
    """
    A text that lies somewhere.

    Args:
        place: Where, as `postgresql: quarantine.body` or `kafka: referral.completed`.
        text: The text that was looked for.
    """

    place: str
    text: str


@attrs.frozen(kw_only=True)
class Places:
    """
    Where to look.

    Args:
        database: PostgreSQL, as the owner of the tables.
        redis: The URL of Redis.
        kafka: The address of a broker.
        logs: The files that processes write to.
        metrics: The URLs that Prometheus asks.
    """

    database: PostgresSettings
    redis: str
    kafka: str
    logs: Sequence[Path]
    metrics: Sequence[str]


async def scan(places: Places, texts: Collection[str]) -> set[Found]:
    """Return where any of these texts lies: in the open, in another case, or merely encoded."""
    return {
        *await in_postgresql(places.database, texts),
        *await in_redis(places.redis, texts),
        *await in_kafka(places.kafka, texts),
        *in_logs(places.logs, texts),
        *await in_metrics(places.metrics, texts),
    }


async def in_postgresql(settings: PostgresSettings, texts: Collection[str]) -> set[Found]:
    """Look at every column of every row."""
    found: set[Found] = set()
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.revealed(),
        database=settings.name,
    )
    try:
        for schema, table in await connection.fetch(_TABLES):
            for row in await connection.fetch(f'TABLE "{schema}"."{table}"'):
                for column, value in row.items():
                    place = f"postgresql: {table}.{column}"
                    found.update(_found(place, _bytes(value), texts))
    finally:
        await connection.close()
    return found


async def in_redis(url: str, texts: Collection[str]) -> set[Found]:
    """Look at every key and value; all of them are strings, and another kind is an error."""
    found: set[Found] = set()
    async with Redis.from_url(url, protocol=2) as redis:
        async for key in redis.scan_iter():
            found.update(_found("redis: key", key, texts))
            found.update(_found("redis: value", _bytes(await redis.get(key)), texts))
    return found


async def in_kafka(broker: str, texts: Collection[str]) -> set[Found]:
    """Look at key, headers and value of every record of every topic."""
    async with AIOKafkaConsumer(bootstrap_servers=broker) as consumer:
        topics = await consumer.topics()
    found: set[Found] = set()
    for topic in topics:
        for record in await records(broker, topic):
            headers = [text for header in record.headers for text in header]
            for part in (record.key, record.value, *headers):
                found.update(_found(f"kafka: {topic}", _bytes(part), texts))
    return found


def in_logs(logs: Sequence[Path], texts: Collection[str]) -> set[Found]:
    """Look at whole files."""
    return {found for log in logs for found in _found(f"log: {log.name}", log.read_bytes(), texts)}


async def in_metrics(urls: Sequence[str], texts: Collection[str]) -> set[Found]:
    """Ask as Prometheus does."""
    found: set[Found] = set()
    async with httpx.AsyncClient(trust_env=False) as client:
        for url in urls:
            answer = await client.get(url)
            answer.raise_for_status()
            found.update(_found("metrics", answer.content, texts))
    return found


def _found(place: str, content: bytes, texts: Collection[str]) -> Iterator[Found]:
    lowered = content.lower()
    for text in texts:
        if any(form.lower() in lowered for form in _forms(text)):
            yield Found(place, text)


def _forms(text: str) -> set[bytes]:
    """Return what a text may look like."""
    raw = text.encode()
    return {
        raw,
        quote(text, safe="").encode(),
        json.dumps(text)[1:-1].encode(),
        raw.hex().encode(),
        # what stays the same wherever in the encoded text it begins
        *(base64.b64encode(b"\0" * before + raw)[4 if before else 0 : -4] for before in range(3)),
    }


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
