"""Topics are made where they are missing, and one that may lose events is an alarm."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_sandbox.servers import kafka
from referrals_sandbox.servers.ports import free_port
from referrals_sandbox.servers.supervisor import supervising
from tests.kafka.cluster import EXISTS, NOT_ALLOWED, Cluster, Topic, answering
from tests.logged import written

NAMES = ("referral.completed", "referral.reversed")
THIRTY_DAYS = {"retention.ms": str(30 * 24 * 3600 * 1000)}


async def log_of(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Look after the topics of a cluster, and return what was logged of it."""
    with caplog.at_level(logging.INFO, "referrals_adapters"):
        async with answering(cluster):
            await look_after_topics(KafkaSettings(broker=cluster.address), NAMES)
    return written(record for record in caplog.records if "referrals" in record.name)


async def test_what_is_missing_is_made_as_it_should_be(caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster(brokers=4, topics={"another": Topic(1, 1)})
    assert await log_of(cluster, caplog) == [
        {"event": "a topic was made", "level": "info", "topic": name} for name in NAMES
    ]
    del cluster.topics["another"]
    assert cluster.topics == dict.fromkeys(NAMES, Topic(3, 2, 12, THIRTY_DAYS))


async def test_what_is_made_keeps_events_as_long_as_it_is_told() -> None:
    cluster = Cluster(brokers=3)
    async with answering(cluster):
        settings = KafkaSettings(broker=cluster.address, retention=timedelta(days=7))
        await look_after_topics(settings, NAMES)
    week = {"retention.ms": str(7 * 24 * 3600 * 1000)}
    assert cluster.topics == dict.fromkeys(NAMES, Topic(3, 2, 12, week))


@pytest.mark.parametrize(("brokers", "in_sync"), [(1, 1), (2, 2)])
async def test_what_is_made_with_too_few_brokers_is_told_of(
    brokers: int, in_sync: int, caplog: pytest.LogCaptureFixture
) -> None:
    cluster = Cluster(brokers=brokers)
    warnings = [line for line in await log_of(cluster, caplog) if line["level"] == "warning"]
    assert cluster.topics == dict.fromkeys(NAMES, Topic(brokers, in_sync, 12, THIRTY_DAYS))
    assert [line["topic"] for line in warnings] == [*NAMES]
    assert {line["event"] for line in warnings} == {"a topic is weaker than it should be"}


@pytest.mark.parametrize(
    ("topic", "lacks"),
    [
        (Topic(3, 2), None),
        (Topic(5, 3), None),
        (Topic(2, 2), "replication 2 of 3"),
        (Topic(3, 1), "min.insync.replicas 1 of 2"),
        (Topic(1, 1), "replication 1 of 3, min.insync.replicas 1 of 2"),
        (Topic(3, 2, is_open=False), "min.insync.replicas unknown"),
    ],
    ids=str,
)
async def test_what_stands_is_left_as_it_is_and_its_weakness_told(
    topic: Topic, lacks: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    cluster = Cluster(brokers=3, topics={NAMES[0]: topic, NAMES[1]: Topic(3, 2)})
    weak = {"event": "a topic is weaker than it should be", "level": "warning", "topic": NAMES[0]}
    assert await log_of(cluster, caplog) == ([{**weak, "reason": lacks}] if lacks else [])
    assert cluster.topics == {NAMES[0]: topic, NAMES[1]: Topic(3, 2)}


async def test_what_may_not_be_made_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster(brokers=3, answer=NOT_ALLOWED)
    about = {"level": "error", "reason": "TopicAuthorizationFailedError"}
    assert await log_of(cluster, caplog) == [
        {"event": "a topic could not be made", "topic": name, **about} for name in NAMES
    ]


async def test_that_another_relay_was_faster_is_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    assert await log_of(Cluster(brokers=3, answer=EXISTS), caplog) == []


async def test_a_broker_that_makes_none_on_request_is_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with supervising() as supervisor, caplog.at_level(logging.INFO, "referrals_adapters"):
        sandbox = kafka.start(supervisor)
        await look_after_topics(KafkaSettings(broker=sandbox.address), NAMES)
    assert [line["event"] for line in written(caplog.records)] == [
        "topics are left to the broker, which makes none on request"
    ]


async def test_kafka_away_keeps_nobody_from_going_on(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "referrals_adapters"):
        await look_after_topics(KafkaSettings(broker=f"127.0.0.1:{free_port()}"), NAMES)
    lines = written(record for record in caplog.records if "referrals" in record.name)
    assert lines == [
        {
            "event": "topics were not looked after",
            "level": "warning",
            "reason": "KafkaConnectionError",
        }
    ]
