"""Where Kafka is."""

from __future__ import annotations

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
