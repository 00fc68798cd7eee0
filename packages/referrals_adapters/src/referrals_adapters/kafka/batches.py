"""Events on their way to the broker: those of one partition go together."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_adapters.kafka.murmur2 import murmur2
from referrals_adapters.wire.events import event_headers
from referrals_domain.ports.outbox import OutboxEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aiokafka import AIOKafkaProducer

BATCH_SIZE: Final = 256 * 1024
"""
Bytes of a batch, at most, unless it is one event.

It is less than topics take by default, 1 MiB: what is refused for its size is one large event,
and not its neighbours. Much smaller ones cost the broker a request for a few events.
"""


@attrs.frozen(kw_only=True, eq=False)
class Batch:
    """
    Events that share their fate.

    Args:
        entries: The events.
        send: Sends them, and waits until that is decided; raises what aiokafka raises.
    """

    entries: Sequence[OutboxEntry]
    send: Callable[[], Coroutine[Any, Any, None]]


def batches(producer: AIOKafkaProducer, entries: Iterable[OutboxEntry]) -> Iterator[Batch]:
    """
    Yield events of different referrals in batches, to be sent in any order or all at once.

    An event goes alone where aiokafka has to do more than to send it: where it does not know the
    topic yet, for which it waits, or where the event is larger than a batch, for which aiokafka
    may refuse it. It could pack the others, too, but takes three times as long for each.
    """
    known: dict[str, int] = {}
    together: dict[tuple[str, int], list[OutboxEntry]] = {}
    for entry in entries:
        topic = entry.type
        if topic not in known:
            known[topic] = len(producer.client.cluster.partitions_for_topic(topic) or ())
        if not known[topic] or len(entry.payload) > BATCH_SIZE:
            yield Batch(entries=[entry], send=partial(_send_alone, producer, entry))
            continue
        place = topic, murmur2(entry.referral_id.encode()) % known[topic]
        together.setdefault(place, []).append(entry)
    for (topic, partition), ones in together.items():
        for builder, packed in _packed(producer, ones):
            send = partial(_send_together, producer, builder, topic, partition)
            yield Batch(entries=packed, send=send)


def _packed(
    producer: AIOKafkaProducer, entries: Sequence[OutboxEntry]
) -> Iterator[tuple[Any, Sequence[OutboxEntry]]]:
    """Yield builders, each filled with as many of these entries as there is room for."""
    builder, packed = producer.create_batch(), 0
    for number, entry in enumerate(entries):
        message = _message(entry)
        if builder.append(timestamp=None, **message) is None:
            yield builder, entries[packed:number]
            builder, packed = producer.create_batch(), number
            builder.append(timestamp=None, **message)  # the first always finds room
    yield builder, entries[packed:]


def _message(entry: OutboxEntry) -> dict[str, Any]:
    return {
        "key": entry.referral_id.encode(),
        "value": entry.payload,
        "headers": event_headers(entry.event_id, entry.type, entry.occurred_at),
    }


async def _send_alone(producer: AIOKafkaProducer, entry: OutboxEntry) -> None:
    await (await producer.send(entry.type, **_message(entry)))


async def _send_together(
    producer: AIOKafkaProducer, builder: Any, topic: str, partition: int
) -> None:
    await (await producer.send_batch(builder, topic, partition=partition))
