"""Settings come from the environment, or an error says which variable is wrong."""

from __future__ import annotations

import pytest

from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.wire.variables import SettingsError, Variables


def test_a_variable_is_read() -> None:
    assert Variables({"NAME": "value"}).text("NAME", default="other") == "value"


@pytest.mark.parametrize("values", [{}, {"NAME": ""}])
def test_an_absent_or_empty_variable_has_its_default(values: dict[str, str]) -> None:
    assert Variables(values).text("NAME", default="other") == "other"
    assert Variables(values).port("NAME", default=5434) == 5434


@pytest.mark.parametrize("values", [{}, {"NAME": ""}])
def test_a_missing_variable_is_named(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="NAME"):
        Variables(values).text("NAME")


@pytest.mark.parametrize("port", ["1", "65535"])
def test_a_port_is_read(port: str) -> None:
    assert Variables({"PORT": port}).port("PORT", default=5434) == int(port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80.0", " 80", "²", "9" * 50])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(SettingsError, match="PORT"):
        Variables({"PORT": port}).port("PORT", default=5434)


@pytest.mark.parametrize(
    ("value", "on"),
    [
        *(("on", True), ("true", True), ("True", True), ("1", True)),
        *(("off", False), ("FALSE", False), ("0", False), ("", False)),
    ],
)
def test_a_switch_is_on_or_off(value: str, *, on: bool) -> None:
    assert Variables({"SWITCH": value}).switch("SWITCH") is on


def test_a_switch_that_nobody_set_is_off() -> None:
    assert Variables({}).switch("SWITCH") is False


@pytest.mark.parametrize("value", ["yes!", "2", " on"])
def test_a_switch_that_is_neither_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^SWITCH is on or off"):
        Variables({"SWITCH": value}).switch("SWITCH")


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://go.example", "https://go.example"),
        ("https://go.example/", "https://go.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_url_is_that_of_a_host(value: str, url: str) -> None:
    assert Variables({"URL": value}).url("URL") == url


@pytest.mark.parametrize(
    "value",
    [
        *("go.example", "ftp://go.example", "https://", "https://a@go.example"),
        *("https://go.example/r", "https://go.example?a", "https://go.example#a", "https://a b"),
        "https://go.example:port",
    ],
)
def test_any_other_url_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^URL is a URL as https://host, not "):
        Variables({"URL": value}).url("URL")


def test_a_url_has_no_default() -> None:
    with pytest.raises(SettingsError, match=r"^URL is not set$"):
        Variables({}).url("URL")


def test_variables_are_not_shown() -> None:
    assert "secret" not in repr(Variables({"PASSWORD": "secret"}))


def test_where_redis_is() -> None:
    variables = {"REFERRALS_REDIS_HOST": "cache.example"}
    assert RedisSettings.read(Variables(variables)) == RedisSettings(host="cache.example")
    variables["REFERRALS_REDIS_PORT"] = "6380"
    assert RedisSettings.read(Variables(variables)).port == 6380


def test_where_kafka_is() -> None:
    variables = Variables({"KAFKA_BROKER": "one.example:9092,two.example:9092"})
    assert KafkaSettings.read(variables).broker == "one.example:9092,two.example:9092"


def test_redis_and_kafka_have_no_default() -> None:
    with pytest.raises(SettingsError, match="REFERRALS_REDIS_HOST"):
        RedisSettings.read(Variables({}))
    with pytest.raises(SettingsError, match="KAFKA_BROKER"):
        KafkaSettings.read(Variables({}))
