"""
The relay's drain: how fast a full outbox gets to the broker.

The relay leads before the first event is there, and all of them are there at once. The broker is
asked afterwards how many it has: no fewer than there were, and no copies.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from referrals_adapters.wire.events import event_data
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.events import (
    EventAttribution,
    ReferralCompleted,
    ReferralEvent,
    ReferralReversed,
)
from referrals_domain.model.identifiers import (
    CustomerId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.signals import Source
from referrals_sandbox.bench.figures import Slice
from referrals_sandbox.bench.load import Meter
from referrals_sandbox.composition.shops import Link
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from referrals_sandbox.bench.stage import Stage

PARTS: Final = 5
"""Slices of one drain, each of as many events."""

REVERSED_ONE_IN: Final = 20
_REVERSED_LATER: Final = 1_000  # events; so both are often read at once
_LEADING: Final = r"^referrals-webhook relay leading$"
_LOOKED: Final = 0.02  # seconds between two looks
_WITHIN: Final = 10.0  # seconds for the broker to answer

# What stands for the referral and its merchant in the template of an event.
_REFERRAL: Final = "00000000-0000-7000-8000-000000000000"
_MERCHANT: Final = "MERCHANT"

# One in so many events is of a referral that was completed a little before.
_FILL: Final = f"""
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, occurred_at, payload)
    SELECT
        gen_random_uuid(), 'referral', referral, type, now(),
        convert_to(
            replace(replace(template, '{_REFERRAL}', referral), '{_MERCHANT}', merchant), 'UTF8'
        )
    FROM (
        SELECT
            event,
            event % {REVERSED_ONE_IN} = 0 AND event > {_REVERSED_LATER} AS is_reversal
        FROM generate_series(1, $1) AS event
    ) AS events,
    LATERAL (
        SELECT
            CASE WHEN is_reversal THEN event - {_REVERSED_LATER} + 1 ELSE event END AS number,
            CASE WHEN is_reversal THEN $3 ELSE $2 END AS type,
            CASE WHEN is_reversal THEN $5 ELSE $4 END AS template
    ) AS said,
    LATERAL (
        SELECT
            md5($7 || number)::uuid::text AS referral,
            ($6::text[])[1 + number % cardinality($6::text[])] AS merchant
    ) AS whose
    ORDER BY event
"""  # noqa: S608 - of constants
_OLDEST: Final = "SELECT seq FROM outbox ORDER BY seq LIMIT 1"
_NEXT: Final = "SELECT last_value + is_called::integer FROM outbox_seq_seq"


async def drained(
    stage: Stage, links: Sequence[Link], connection: asyncpg.Connection, broker: str, events: int
) -> Sequence[Slice]:
    """
    Measure how so many events get through by the role `relay`, which alone of all roles runs.

    Raises:
        SandboxError: It does not come up, or not all of them get through.
    """
    await stage.stop()
    await stage.start("relay", KAFKA_BROKER=broker)
    await asyncio.to_thread(stage.roles["relay"].until_says, _LEADING)
    drain = Drain(connection=connection, links=links, broker=broker)
    slices = await drain.run(events, Meter(stage.processes()))
    await stage.stop()
    return slices


@attrs.frozen(kw_only=True)
class Drain:
    """
    Fills the outbox, and measures how it is emptied by a relay that leads.

    Args:
        connection: To the database, as the owner of its tables.
        links: Whose events they are.
        broker: Where they go.
        within: How long nothing may get through, in seconds.
    """

    connection: asyncpg.Connection
    links: Sequence[Link]
    broker: str
    within: float = 60.0

    async def run(self, events: int, meter: Meter) -> Sequence[Slice]:
        """
        Measure how so many events get through.

        Args:
            events: How many; a multiple of the number of slices.
            meter: Tells what processes spend.

        Raises:
            SandboxError: They do not, or the broker has fewer or more of them.
        """
        before = await ends(self.broker)
        first = await self.connection.fetchval(_NEXT)
        await self.fill(events)
        slices = await self._slices(first, events, meter)
        got = {topic: end - before[topic] for topic, end in (await ends(self.broker)).items()}
        if got != (wanted := types(events)):
            raise SandboxError(f"of the events {wanted} the broker got {got}")
        await self.connection.execute("VACUUM outbox")
        return slices

    async def fill(self, events: int) -> None:
        """Put so many events into the outbox, as the worker would."""
        completed, reversed_ = _templates()
        await self.connection.execute(
            _FILL,
            events,
            *(completed.type, reversed_.type),
            *(event_data(one).decode() for one in (completed, reversed_)),
            sorted({link.merchant_id for link in self.links}),
            f"{time.time_ns()}-",  # else referrals would be those of the time before
        )

    async def _slices(self, first: int, events: int, meter: Meter) -> Sequence[Slice]:
        """Look until all are gone, and cut the time where another part of them was."""
        looks = [(0, time.perf_counter(), meter.read())]
        moved = looks[0][1]
        done = 0
        while done < events:
            await asyncio.sleep(_LOOKED)
            oldest = await self.connection.fetchval(_OLDEST)
            now = time.perf_counter()
            gone = events if oldest is None else oldest - first
            if gone > done:
                done, moved = gone, now
            if now - moved > self.within:
                raise SandboxError(f"{events - done} events do not leave the outbox")
            if done >= len(looks) * events // PARTS:
                looks.append((done, now, meter.read()))
        return [
            Slice(
                done=done - was,
                seconds=now - before,
                cpu={name: spent - spent_before[name] for name, spent in cpu.items()},
            )
            for (was, before, spent_before), (done, now, cpu) in pairwise(looks)
        ]


def types(events: int) -> Mapping[str, int]:
    """Return how many of so many events are of each type."""
    reversals = events // REVERSED_ONE_IN - min(events, _REVERSED_LATER) // REVERSED_ONE_IN
    return {ReferralCompleted.type: events - reversals, ReferralReversed.type: reversals}


async def ends(broker: str) -> Mapping[str, int]:
    """
    Return how many events of each type the broker ever got.

    Raises:
        SandboxError: It does not answer.
    """
    consumer = AIOKafkaConsumer(*types(0), bootstrap_servers=broker)
    try:
        async with asyncio.timeout(_WITHIN):
            await consumer.start()
            await _assigned(consumer, set(types(0)))
            found = await consumer.end_offsets(consumer.assignment())
    except (KafkaError, OSError, TimeoutError) as error:
        raise SandboxError(f"the broker {broker} does not answer: {error!r}") from error
    finally:
        await consumer.stop()
    return {
        topic: sum(end for place, end in found.items() if place.topic == topic)
        for topic in types(0)
    }


async def _assigned(consumer: AIOKafkaConsumer, topics: AbstractSet[str]) -> None:
    """Wait until the topics are known: the sandbox's broker makes them when they are named."""
    while {place.topic for place in consumer.assignment()} != topics:  # noqa: ASYNC110 - aiokafka tells nobody
        await asyncio.sleep(_LOOKED)


def _templates() -> tuple[ReferralEvent, ReferralEvent]:
    """Return an event of each type, as the worker writes them."""
    completed = ReferralCompleted(
        referral_id=ReferralId(_REFERRAL),
        merchant_id=MerchantId(_MERCHANT),
        customer_id=CustomerId("7360412000000"),
        referred_customer_id=CustomerId("8000000000000"),
        referral_link_id=LinkId(_REFERRAL),
        channel=Channel.SMS,
        order_id=OrderId("7000000000000"),
        order_total=Money(6710, "USD"),
        from_status=ReferralStatus.PENDING,
        status=ReferralStatus.COMPLETED,
        version=2,
        occurred_at=datetime.now(UTC),
        attribution=EventAttribution(Source.NOTE_ATTRIBUTES, ReferralCode.of_number(7)),
        cause=Cause.ORDER_CREATED,
    )
    reversed_ = ReferralReversed(
        **attrs.asdict(completed, recurse=False)
        | {
            "from_status": ReferralStatus.COMPLETED,
            "status": ReferralStatus.REVERSED,
            "version": 3,
            "cause": Cause.ORDER_CANCELLED,
        }
    )
    return completed, reversed_
