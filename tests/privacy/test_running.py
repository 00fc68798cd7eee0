"""What running services leave behind; in one module, because its tests share a sandbox."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs
import pytest
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from referrals_adapters.system.address import Address
from referrals_adapters.telemetry.metrics import Metrics, exposed
from tests.conftest import execute
from tests.privacy.audit import history, rebuilt
from tests.privacy.canaries import CANARIES
from tests.privacy.scan import Found, Places, scan
from tests.privacy.story import redact
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_sandbox.composition.sandbox import Sandbox
    from tests.privacy.story import Told

_PLANTED: Final = "p1@nted"
_AT_REST: Final = """
    SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM stale_statuses)
        + (SELECT count(*) FROM deliveries WHERE outcome IS NULL)
        + (SELECT count(*) FROM privacy_requests WHERE done_at IS NULL)
"""


async def test_nothing_is_left_but_unreadable_bodies_in_quarantine(
    told: Told, places: Places
) -> None:
    await _rest(places)
    found = await scan(places, CANARIES)
    assert {place for place, _ in found} == {"postgresql: quarantine.body"}
    assert len(told.friends) == 4


async def test_the_ids_of_the_friends_are_where_the_page_says(told: Told, places: Places) -> None:
    await _rest(places)
    found = await scan(places, told.friends)
    kept = {place for place, _ in found if not place.startswith("log: ")}
    assert kept == {
        "postgresql: deliveries.facts",
        "postgresql: referrals.referred_customer_id",
        "postgresql: referred_orders.evidence",
        "postgresql: referred_orders.facts",
        "kafka: referral.completed",
        "kafka: referral.reversed",
    }
    logs = {place.removeprefix("log: ") for place, _ in found if place.startswith("log: ")}
    assert logs <= {"admincore.log", "points.log", "rfm-analytics.log"}  # none of ours


@pytest.mark.parametrize(
    "form",
    [_PLANTED, _PLANTED.upper(), "p1%40nted", b64encode(b"to " + _PLANTED.encode()).decode()],
)
async def test_what_is_planted_is_found_in_every_place(
    places: Places, tmp_path: Path, form: str
) -> None:
    """The form of a text does not matter, nor the type of a column."""
    log = tmp_path / "service.log"
    log.write_text(f"an event; merchant={form}\n")
    metrics = Metrics()
    metrics.answered("orders/create", form)
    listener = Address(host="127.0.0.1", port=0).listen()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/metrics"
    await _plant(places, form)
    with exposed(metrics, listener):
        planted = attrs.evolve(places, logs=[log], metrics=[url])
        found = await scan(planted, [_PLANTED])
    await _clear(places)
    assert found == {
        Found(place, _PLANTED)
        for place in (
            "postgresql: programs.storefront_url",
            "postgresql: quarantine.body",
            "postgresql: referred_orders.facts",
            "redis: key",
            "redis: value",
            "kafka: planted-key",
            "kafka: planted-value",
            "kafka: planted-header",
            "log: service.log",
            "metrics",
        )
    }


async def test_the_events_alone_tell_the_history_of_every_completion_and_reversal(
    sandbox: Sandbox, told: Told
) -> None:
    """So AdminCore, which hears nothing else, knows the whole audit."""
    lines = await history(sandbox.database_url)
    assert await rebuilt(sandbox.kafka) == lines
    ends = {line.referral_id: line.status for line in sorted(lines, key=lambda one: one.version)}
    assert ends == told.referrals
    assert {line.from_status for line in lines} == {"PENDING", "QUALIFIED", "COMPLETED"}


async def test_of_who_was_redacted_nothing_is_left_but_on_kafka(
    sandbox: Sandbox, told: Told, places: Places
) -> None:
    """Kafka keeps their ids for as long as its topics keep anything."""
    redact(sandbox, told.friends)
    await _rest(places)
    assert await scan(places, CANARIES) == set()
    left = {place for place, _ in await scan(places, told.friends)}
    ours = {place for place in left if not place.startswith("log: ")}
    assert ours == {"kafka: referral.completed", "kafka: referral.reversed"}


async def _rest(places: Places) -> None:
    """Wait until nobody has anything to do any more."""
    settings = places.database
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.revealed(),
        database=settings.name,
    )

    async def rests() -> bool:
        waiting: int = await connection.fetchval(_AT_REST)
        return waiting == 0

    try:
        await until(rests)
    finally:
        await connection.close()


async def _plant(places: Places, form: str) -> None:
    quoted = form.replace("'", "''")
    await execute(
        places.database,
        f"""
        UPDATE programs SET storefront_url = 'https://{quoted}';
        INSERT INTO quarantine (digest, topic, shop, body, reason, received_at)
        VALUES ('\\x00', '', '', convert_to('{quoted}', 'UTF8'), '', now());
        INSERT INTO referred_orders (merchant_id, order_id, facts, evidence)
        VALUES ('planted', '1', '{json.dumps({"note": [form]})}', '{{}}');
        """,  # noqa: S608 - what is put in is ours
    )
    async with Redis.from_url(places.redis) as redis:
        await redis.set(f"planted:{form}", "value")
        await redis.set("planted:key", f"value {form}")
    async with AIOKafkaProducer(bootstrap_servers=places.kafka) as producer:
        planted = form.encode()
        await producer.send_and_wait("planted-key", b"", key=planted)
        await producer.send_and_wait("planted-value", planted, key=b"")
        await producer.send_and_wait("planted-header", b"", headers=[("name", planted)])


async def _clear(places: Places) -> None:
    await execute(
        places.database,
        """
        UPDATE programs SET storefront_url = 'https://acme.example';
        DELETE FROM quarantine WHERE digest = '\\x00';
        DELETE FROM referred_orders WHERE merchant_id = 'planted'
        """,
    )
    async with Redis.from_url(places.redis) as redis:
        async for key in redis.scan_iter("planted:*"):
            await redis.delete(key)
