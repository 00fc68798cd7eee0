"""Looking at PostgreSQL, Kafka, Points and Redis: whether they are at rest, and what they hold."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx
from aiokafka import AIOKafkaConsumer

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.entry import from_entry
from referrals_adapters.redis.settings import RedisSettings
from referrals_sandbox.chaos.observed import Observed, Occurrence, Order, Referral
from referrals_sandbox.neighbours.events import COMPLETED, REVERSED, Event
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from aiokafka import ConsumerRecord

    from referrals_sandbox.composition.sandbox import Sandbox

_WITHIN: Final = 5.0  # seconds, an answer
_TOPICS: Final = (COMPLETED, REVERSED)
_AT_ONCE: Final = 500  # keys of Redis

_THROUGH: Final = """
    SELECT max(d.received_at) AS received_at
    FROM deliveries AS d
    JOIN referrals AS r USING (merchant_id, order_id)
    WHERE d.received_at > $1 AND r.status IN ('COMPLETED', 'REVERSED')
        AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.aggregateid = r.id::text)
"""
_CAME: Final = """
    SELECT count(DISTINCT order_id) AS orders FROM deliveries WHERE merchant_id = $1
"""
_SWEPT: Final = """
    SELECT
        swept_until AS until,
        (
            SELECT count(*) FROM deliveries AS d
            WHERE d.merchant_id = w.merchant_id AND d.source = 'reconcile'
        ) AS taken_in
    FROM watermarks AS w WHERE merchant_id = $1
"""
_REFERRALS: Final = """
    SELECT
        id::text, merchant_id, order_id, referred_customer_id, status, version,
        (
            SELECT array_agg(h.version || ' ' || h.status ORDER BY h.version)
            FROM referral_history AS h
            WHERE h.merchant_id = r.merchant_id AND h.referral_id = r.id
        ) AS history
    FROM referrals AS r WHERE merchant_id = ANY ($1)
"""
_ORDERS: Final = """
    SELECT
        merchant_id, order_id,
        coalesce(facts->>'paid_at', '') <> '' AS paid,
        coalesce(facts->>'cancelled_at', '') <> '' AS cancelled,
        coalesce(jsonb_array_length(facts->'refunds'), 0) > 0 AS refunded
    FROM referred_orders WHERE merchant_id = ANY ($1)
"""


class Swept(NamedTuple):
    """
    How far the sweeps of a shop are.

    Args:
        until: Up to when its orders were held against Shopify's.
        taken_in: How often something that was missing was taken in.
    """

    until: datetime
    taken_in: int


async def through(sandbox: Sandbox, since: datetime) -> datetime | None:
    """
    Return when the last delivery came of which all is published; None if none came since then.

    Raises:
        SandboxError: PostgreSQL does not answer.
    """
    [row] = await rows_of(sandbox.database_url, _THROUGH, since)
    received_at: datetime | None = row["received_at"]
    return received_at


async def came(sandbox: Sandbox, merchant_id: str) -> int:
    """
    Return of how many orders of a merchant anything came.

    Raises:
        SandboxError: PostgreSQL does not answer.
    """
    [row] = await rows_of(sandbox.database_url, _CAME, merchant_id)
    return int(row["orders"])


async def swept(sandbox: Sandbox, merchant_id: str) -> Swept | None:
    """
    Return how far the sweeps of a merchant's shop are; None: none is through.

    Raises:
        SandboxError: PostgreSQL does not answer.
    """
    rows = await rows_of(sandbox.database_url, _SWEPT, merchant_id)
    return Swept(**rows[0]) if rows else None


async def consumed(sandbox: Sandbox) -> int:
    """Return how many messages Points has received, copies included."""
    points = await _shown(sandbox, "/")
    return int(points["events"]) + int(points["copies"])


async def published(sandbox: Sandbox) -> int:
    """Return how many messages lie on the topics that Points listens to."""
    async with _reader(sandbox) as reader:
        ends = await reader.end_offsets(reader.assignment())
        return sum(ends.values())


async def collect(sandbox: Sandbox, merchants: Collection[str]) -> Observed:
    """
    Return what everybody holds about these merchants.

    Raises:
        SandboxError: Somebody does not answer.
    """
    url, ids = sandbox.database_url, list(merchants)
    referrals = [_referral(row) for row in await rows_of(url, _REFERRALS, ids)]
    orders = {
        (row.pop("merchant_id"), row.pop("order_id")): Order(**row)
        for row in await rows_of(url, _ORDERS, ids)
    }
    points: dict[str, list[int]] = defaultdict(list)
    for entry in await _shown(sandbox, "/entries"):
        points[entry["referral_id"]].append(entry["points"])
    return Observed(
        referrals=referrals,
        orders=orders,
        log=[one for one in await _log(sandbox) if one.merchant_id in merchants],
        points=points,
        cached=await _cached(sandbox, referrals),
        copies_dropped=int((await _shown(sandbox, "/"))["copies"]),
    )


def _referral(row: Mapping[str, Any]) -> Referral:
    steps = [step.split() for step in row["history"] or ()]
    return Referral(
        id=row["id"],
        merchant_id=row["merchant_id"],
        order_id=row["order_id"],
        friend_id=row["referred_customer_id"],
        status=row["status"],
        version=row["version"],
        history=[(int(version), status) for version, status in steps],
    )


async def _shown(sandbox: Sandbox, path: str) -> Any:
    async with httpx.AsyncClient(timeout=4 * _WITHIN, trust_env=False) as client:
        try:
            return (await client.get(f"{sandbox.points}{path}")).json()
        except httpx.HTTPError as error:
            raise SandboxError(f"Points does not answer: {error!r}") from error


def _reader(sandbox: Sandbox) -> AIOKafkaConsumer:
    """Return a consumer of no group: it is assigned every partition when it starts."""
    return AIOKafkaConsumer(
        *_TOPICS,
        bootstrap_servers=sandbox.kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


async def _log(sandbox: Sandbox) -> Sequence[Occurrence]:
    """Read both topics from the beginning to what is now their end."""
    found: list[Occurrence] = []
    async with _reader(sandbox) as reader:
        partitions = reader.assignment()
        ends = await reader.end_offsets(partitions)
        await reader.seek_to_beginning(*partitions)
        left = {place for place in partitions if ends[place] > await reader.position(place)}
        while left:
            for place, records in (await reader.getmany(timeout_ms=1000)).items():
                found += map(_occurrence, records)
                if await reader.position(place) >= ends[place]:
                    left.discard(place)
    return found


def _occurrence(record: ConsumerRecord) -> Occurrence:
    event = Event.of_message(dict(record.headers), record.value)
    return Occurrence(
        id=event.id,
        type=event.type,
        merchant_id=event.data["merchant_id"],
        referral_id=event.referral_id,
        order_id=event.data["order_id"],
        version=event.data["version"],
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        offset=record.offset,
    )


async def _cached(
    sandbox: Sandbox, referrals: Sequence[Referral]
) -> Mapping[str, tuple[int, str]]:
    """Return version and status of what Redis has a value for; version 0 says `ABSENT`."""
    server = sandbox.servers.redis
    cached: dict[str, tuple[int, str]] = {}
    async with open_redis(RedisSettings(host=server.host, port=server.port)) as redis:
        for start in range(0, len(referrals), _AT_ONCE):
            some = referrals[start : start + _AT_ONCE]
            held = await redis.mget([f"referral:{one.merchant_id}:{one.id}" for one in some])
            for one, entry in zip(some, held, strict=True):
                hit = from_entry(entry) if isinstance(entry, bytes) else None
                if hit is not None:
                    view = hit.view
                    cached[one.id] = (view.version, str(view.status)) if view else (0, "ABSENT")
    return cached
