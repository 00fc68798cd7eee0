"""Where Kafka is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import trustme

from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.wire.variables import SettingsError, Variables

if TYPE_CHECKING:
    from pathlib import Path


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


SASL = {
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "referrals",
    "KAFKA_SASL_PASSWORD": "hunter2",
}


@pytest.fixture
def encrypted(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    return {"KAFKA_BROKER": "a:1", "KAFKA_TLS_CA_FILE": str(file)}


def test_without_a_word_nothing_is_encrypted() -> None:
    settings = KafkaSettings.read(Variables({"KAFKA_BROKER": "a:1"}))
    assert settings.connection == {"bootstrap_servers": "a:1"}


def test_with_an_authority_connections_are_encrypted(encrypted: dict[str, str]) -> None:
    connection = KafkaSettings.read(Variables(encrypted)).connection
    assert connection["security_protocol"] == "SSL"
    assert connection["ssl_context"].check_hostname


def test_a_password_goes_over_encrypted_connections(encrypted: dict[str, str]) -> None:
    settings = KafkaSettings.read(Variables(encrypted | SASL))
    assert settings.connection["security_protocol"] == "SASL_SSL"
    assert settings.connection["sasl_mechanism"] == "SCRAM-SHA-512"
    assert settings.connection["sasl_plain_password"] == "hunter2"
    assert "hunter2" not in repr(settings)


def test_a_password_goes_over_no_others() -> None:
    with pytest.raises(SettingsError, match=r"^KAFKA_TLS_CA_FILE is not set, and KAFKA_SASL_MECH"):
        KafkaSettings.read(Variables(SASL | {"KAFKA_BROKER": "a:1"}))


@pytest.mark.parametrize("name", SASL)
def test_part_of_a_password_is_never_taken_for_none(encrypted: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        KafkaSettings.read(Variables(encrypted | SASL | {name: ""}))


def test_another_mechanism_is_told_at_the_start(encrypted: dict[str, str]) -> None:
    told = encrypted | SASL | {"KAFKA_SASL_MECHANISM": "GSSAPI"}
    with pytest.raises(SettingsError, match=r"^KAFKA_SASL_MECHANISM is one of PLAIN, SCRAM-SHA-"):
        KafkaSettings.read(Variables(told))
