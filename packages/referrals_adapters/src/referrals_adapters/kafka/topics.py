"""The topics of events: made where they are missing, and held against what they should be."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from referrals_adapters.kafka.settings import KafkaSettings

_LOG: Final = logging.getLogger(__name__)

REPLICATION: Final = 3
"""How many copies of an event there should be."""

IN_SYNC: Final = 2
"""How many should be there before it counts as acknowledged, so that one may be lost."""

_MIN_IN_SYNC: Final = "min.insync.replicas"
_PARTITIONS: Final = 12
_WITHIN: Final = timedelta(seconds=10)


@attrs.frozen
class _Strength:
    """How many replicas a topic has, and how many must have an event; None where nobody tells."""

    replication: int
    in_sync: int | None

    def lacks(self) -> Iterator[str]:
        if self.replication < REPLICATION:
            yield f"replication {self.replication} of {REPLICATION}"
        if self.in_sync is None:
            yield f"{_MIN_IN_SYNC} unknown"
        elif self.in_sync < IN_SYNC:
            yield f"{_MIN_IN_SYNC} {self.in_sync} of {IN_SYNC}"


async def look_after_topics(settings: KafkaSettings, names: Collection[str]) -> None:
    """
    Make topics where they are missing, and log which are weaker than they should be.

    Whoever publishes may go on whatever comes of it: the topics may stand though Kafka does not
    let us see them, and where none stands an event is undecided and says so itself.
    """
    admin = AIOKafkaAdminClient(**settings.connection)
    try:
        async with asyncio.timeout(_WITHIN.total_seconds()):
            await admin.start()
            await _look_after(admin, names, settings.retention)
    except (KafkaError, OSError, TimeoutError) as error:
        _LOG.warning("topics were not looked after", extra={"reason": type(error).__name__})
    finally:
        await admin.close()


async def _look_after(
    admin: AIOKafkaAdminClient, names: Collection[str], retention: timedelta
) -> None:
    cluster = await admin.describe_cluster()
    brokers = {one["node_id"] for one in cluster["brokers"]}
    if cluster["controller_id"] not in brokers:  # the sandbox's is one
        _LOG.info("topics are left to the broker, which makes none on request")
        return
    # All topics: to ask for those by name would have some brokers make them, in their own way.
    topics = {one["topic"]: one for one in await admin.describe_topics()}
    strengths = await _present(admin, [topics[name] for name in names if name in topics])
    missing = [name for name in names if name not in topics]
    replication = min(REPLICATION, len(brokers))
    strengths |= await _made(admin, missing, replication=replication, retention=retention)
    for name, strength in strengths.items():
        if lacks := ", ".join(strength.lacks()):
            about = {"topic": name, "reason": lacks}
            _LOG.warning("a topic is weaker than it should be", extra=about)


async def _made(
    admin: AIOKafkaAdminClient,
    names: Collection[str],
    *,
    replication: int,
    retention: timedelta,
) -> dict[str, _Strength]:
    """Make topics; return those that were made here."""
    if not names:
        return {}
    in_sync = min(IN_SYNC, replication)
    settings = {
        _MIN_IN_SYNC: str(in_sync),
        "retention.ms": str(retention // timedelta(milliseconds=1)),
    }
    answer = await admin.create_topics(
        [NewTopic(name, _PARTITIONS, replication, topic_configs=settings) for name in names]
    )
    made: dict[str, _Strength] = {}
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if error is NoError:
            _LOG.info("a topic was made", extra={"topic": name})
            made[name] = _Strength(replication, in_sync)
        elif error is not TopicAlreadyExistsError:  # another relay was faster
            about = {"topic": name, "reason": error.__name__}
            _LOG.error("a topic could not be made", extra=about)
    return made


async def _present(
    admin: AIOKafkaAdminClient, topics: Collection[dict[str, Any]]
) -> dict[str, _Strength]:
    """Return how strong topics are."""
    if not topics:
        return {}
    answers = await admin.describe_configs(
        [
            ConfigResource(ConfigResourceType.TOPIC, topic["topic"], {_MIN_IN_SYNC: None})
            for topic in topics
        ]
    )
    in_sync = {
        resource["resource_name"]: int(entry["config_value"])
        for answer in answers
        for resource in answer.to_object()["resources"]
        for entry in resource["config_entries"]
        if entry["config_names"] == _MIN_IN_SYNC
    }
    return {
        topic["topic"]: _Strength(
            min((len(one["replicas"]) for one in topic["partitions"]), default=0),
            in_sync.get(topic["topic"]),
        )
        for topic in topics
    }
