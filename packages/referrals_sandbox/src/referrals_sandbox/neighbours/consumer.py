"""A neighbour on Kafka, in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
from itertools import chain
from typing import TYPE_CHECKING

import attrs
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_adapters.system.memory import settle_down
from referrals_adapters.system.scheduling import run_in_batches
from referrals_sandbox.neighbours.inbox import Inbox
from referrals_sandbox.neighbours.neighbour import Neighbour
from referrals_sandbox.neighbours.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aiokafka import ConsumerRecord

    from referrals_sandbox.neighbours.events import Event

_FETCH_WAIT = 100  # ms; the sandbox's broker lets a fetch wait that long even when records come
_LOOKED_WITHIN = 1000  # ms; for nothing, if none come
_TOPICS_SEEN_WITHIN = 1000  # ms; a topic may be made only after its consumers have begun
_FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@attrs.frozen(kw_only=True)
class Desk:
    """
    Where a neighbour's messages come in and its announcements go out.

    Everything is kept in memory, so nothing is committed: who starts reads all from the
    beginning, and announces it again under the same ids.

    Args:
        neighbour: Who acts on the events.
        kafka: The broker.
        inbox: What was received.
    """

    neighbour: Neighbour
    kafka: str
    inbox: Inbox = attrs.field(factory=Inbox)

    async def work(self) -> None:
        """Take what comes in until cancelled."""
        consumer = AIOKafkaConsumer(
            *self.neighbour.topics,
            bootstrap_servers=self.kafka,
            group_id=self.neighbour.group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=_FETCH_WAIT,
            metadata_max_age_ms=_TOPICS_SEEN_WITHIN,
        )
        producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka, enable_idempotence=True, acks="all"
        )
        if self.neighbour.announces:  # as our relay does for its own
            await look_after_topics(KafkaSettings(broker=self.kafka), self.neighbour.announces)
        async with producer, consumer:
            print(
                f"{self.neighbour.group} consumes {', '.join(self.neighbour.topics)}", flush=True
            )
            settle_down()
            while True:
                fetched = await consumer.getmany(timeout_ms=_LOOKED_WITHIN)
                messages = chain.from_iterable(fetched.values())
                await self._announce(chain.from_iterable(map(self._take, messages)), producer)

    def _take(self, message: ConsumerRecord) -> Sequence[Event]:
        """Act on a message, and return what to announce."""
        place = (message.topic, message.partition, message.offset)
        event = self.inbox.take(place, message.headers, message.value)
        if event is None:
            return ()
        try:
            return self.neighbour.hear(event)
        except _FAILURES as error:  # whatever a stranger wrote: the next message may be good
            self.inbox.refuse(place, error)
            return ()

    async def _announce(self, announcements: Iterable[Event], producer: AIOKafkaProducer) -> None:
        """Wait until the broker has all of them: one by one each waits for a batch of its own."""
        source = f"/{self.neighbour.group}"
        sent = [
            await producer.send(
                announced.type,
                announced.value(),
                key=announced.referral_id.encode(),
                headers=announced.headers(source),
            )
            for announced in announcements
        ]
        await asyncio.gather(*sent)


def run(description: str | None, neighbour: Neighbour) -> None:
    """Read the command line, and let a neighbour listen until told to end."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--kafka", required=True, metavar="HOST:PORT")
    options = parser.parse_args()
    run_in_batches()
    uvloop.run(_run(options.listen, Desk(neighbour=neighbour, kafka=options.kafka)))


async def _run(address: str, desk: Desk) -> None:
    """Work until SIGTERM; a line `listening on HOST:PORT` tells that it can be read."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    with Shown(address, desk.neighbour, desk.inbox):
        print(f"listening on {address}", flush=True)
        work, end = asyncio.create_task(desk.work()), asyncio.create_task(ended.wait())
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
