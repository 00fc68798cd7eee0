"""Where Kafka is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.wire.variables import SettingsError, Variables


@pytest.mark.parametrize("broker", ["kafka:9092", "[::1]:9092", "a.example:1, b.example:2"])
def test_a_broker_or_several_are_read(broker: str) -> None:
    assert KafkaSettings.read(Variables({"KAFKA_BROKER": broker})).broker == broker


@pytest.mark.parametrize("broker", ["kafka", "kafka:", "kafka:x", ":9092", ",", "a:1,b", "a:1,"])
def test_another_form_is_told_at_the_start(broker: str) -> None:
    with pytest.raises(SettingsError, match=r"^KAFKA_BROKER is host:port"):
        KafkaSettings.read(Variables({"KAFKA_BROKER": broker}))


@pytest.mark.parametrize(("days", "kept"), [("1", 1), ("30", 30), ("9999", 9999)])
def test_a_retention_is_read_in_days(days: str, kept: int) -> None:
    variables = Variables({"KAFKA_BROKER": "kafka:9092", "KAFKA_RETENTION_DAYS": days})
    assert KafkaSettings.read(variables).retention == timedelta(days=kept)


def test_a_retention_is_thirty_days_unless_told() -> None:
    assert KafkaSettings.read(Variables({"KAFKA_BROKER": "a:1"})).retention == timedelta(days=30)


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "10000", "a week", "\u0663"])
def test_another_retention_is_told_at_the_start(days: str) -> None:
    variables = Variables({"KAFKA_BROKER": "kafka:9092", "KAFKA_RETENTION_DAYS": days})
    with pytest.raises(SettingsError, match=r"^KAFKA_RETENTION_DAYS is a number of days"):
        KafkaSettings.read(variables)
