"""
What only a real broker shows; `python -m tests.apache_kafka` runs it.

`uv run pytest` leaves it out, because the sandbox's broker makes no topics on request.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from referrals_adapters.kafka.topics import look_after_topics
from tests.logged import written

if TYPE_CHECKING:
    import pytest

    from referrals_adapters.kafka.settings import KafkaSettings

THIRTY_DAYS = str(30 * 24 * 3600 * 1000)


async def test_a_topic_is_made_once_as_its_settings_say(
    settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"referral.{uuid4()}"
    with caplog.at_level(logging.INFO, "referrals_adapters"):
        for _ in range(2):
            await look_after_topics(settings, [name])
    weak = "a topic is weaker than it should be"
    lines = written(record for record in caplog.records if "referrals" in record.name)
    assert [line["event"] for line in lines] == ["a topic was made", weak, weak]
    assert {line["reason"] for line in lines if line["event"] == weak} == {
        "replication 1 of 3, min.insync.replicas 1 of 2"
    }

    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    try:
        (topic,) = await admin.describe_topics([name])
        asked = ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": None})
        (answer,) = await admin.describe_configs([asked])
    finally:
        await admin.close()
    ((entry,),) = [one["config_entries"] for one in answer.to_object()["resources"]]
    assert len(topic["partitions"]) == 12
    assert entry["config_value"] == THIRTY_DAYS
