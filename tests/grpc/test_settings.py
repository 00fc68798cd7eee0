"""What the environment may say."""

from __future__ import annotations

import pytest

from referrals_adapters.grpc.settings import Neighbour, NeighbourSettings
from referrals_adapters.system.address import Address
from referrals_adapters.wire.variables import SettingsError, Variables
from referrals_domain.model.limit import Limit
from referrals_grpc.settings import Settings

ENVIRONMENT = {
    "AUTH_GRPC_TARGET": "auth:50051",
    "AUTH_SERVICE_TOKEN": "hunter2",
    "CORE_GRPC_TARGET": "core:50051",
    "REFERRALS_DB_HOST": "db",
    "REFERRALS_DB_USER": "referrals",
    "REFERRALS_DB_PASSWORD": "hunter2",
    "REFERRALS_PUBLIC_URL": "https://go.example",
    "REFERRALS_REDIS_HOST": "cache",
}


def test_neighbours_answer_to_the_names_in_the_schemas() -> None:
    settings = NeighbourSettings.read(Variables(ENVIRONMENT))
    assert settings.auth == Neighbour(target="auth:50051", service="auth.v1.AuthService")
    assert settings.core == Neighbour(target="core:50051", service="core.v1.CoreService")


def test_neighbours_may_answer_to_other_names() -> None:
    names = {"AUTH_GRPC_SERVICE": "auth.v1", "CORE_GRPC_SERVICE": "core.v1"}
    settings = NeighbourSettings.read(Variables(ENVIRONMENT | names))
    assert (settings.auth.service, settings.core.service) == ("auth.v1", "core.v1")


def test_the_service_token_is_sent_as_a_bearer_and_never_shown() -> None:
    settings = NeighbourSettings.read(Variables(ENVIRONMENT))
    assert settings.authorization == "Bearer hunter2"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("name", ["AUTH_GRPC_TARGET", "AUTH_SERVICE_TOKEN", "CORE_GRPC_TARGET"])
def test_what_a_worker_needs_is_asked_for(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        NeighbourSettings.read(Variables(ENVIRONMENT | {name: ""}))


@pytest.mark.parametrize("token", ["two\nlines", "caf\u00e9"])
def test_a_token_that_cannot_be_sent_is_refused_at_once(token: str) -> None:
    with pytest.raises(SettingsError, match=r"^AUTH_SERVICE_TOKEN has characters") as error:
        NeighbourSettings.read(Variables(ENVIRONMENT | {"AUTH_SERVICE_TOKEN": token}))
    assert token not in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "AUTH_GRPC_TARGET",
        "REFERRALS_DB_HOST",
        "REFERRALS_DB_USER",
        "REFERRALS_DB_PASSWORD",
        "REFERRALS_REDIS_HOST",
    ],
)
def test_what_the_service_needs_is_asked_for(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        Settings.read(Variables(ENVIRONMENT | {name: ""}))


def test_the_service_is_out_of_the_worlds_reach_unless_told_otherwise() -> None:
    settings = Settings.read(Variables(ENVIRONMENT))
    assert str(settings.listen) == "127.0.0.1:50051"
    told = Settings.read(Variables(ENVIRONMENT | {"REFERRALS_GRPC_LISTEN": "0.0.0.0:0"}))
    assert told.listen == Address("0.0.0.0", 0)  # noqa: S104 - as told


@pytest.mark.parametrize(("says", "on"), [("", False), ("off", False), ("on", True)])
def test_switches_are_off_unless_told_otherwise(says: str, *, on: bool) -> None:
    names = ("REFERRALS_GRPC_REFLECTION", "REFERRALS_GRPC_AIO")
    settings = Settings.read(Variables(ENVIRONMENT | dict.fromkeys(names, says)))
    assert settings.reflection is on
    assert settings.aio is on


def test_a_replica_is_optional() -> None:
    assert Settings.read(Variables(ENVIRONMENT)).replica is None
    told = Settings.read(Variables(ENVIRONMENT | {"REFERRALS_DB_REPLICA_HOST": "replica"}))
    assert told.replica
    assert (told.replica.host, told.replica.port) == ("replica", told.database.port)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings = Settings.of_environment()
    assert settings == Settings.read(Variables(ENVIRONMENT))
    assert "hunter2" not in repr(settings)


def test_a_bad_address_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"^REFERRALS_GRPC_LISTEN: 'x' is not host:port$"):
        Settings.read(Variables(ENVIRONMENT | {"REFERRALS_GRPC_LISTEN": "x"}))


def test_limits_have_defaults_and_are_read() -> None:
    limits = Settings.read(Variables(ENVIRONMENT)).limits
    assert (limits.caller, limits.merchant) == (Limit(2_000), Limit(1_000))
    told = {"REFERRALS_GRPC_CALLER_LIMIT": "30", "REFERRALS_GRPC_MERCHANT_LIMIT": "20"}
    limits = Settings.read(Variables(ENVIRONMENT | told)).limits
    assert (limits.caller, limits.merchant) == (Limit(30), Limit(20))


@pytest.mark.parametrize("says", ["0", "-1", "1.5", "many", "1" * 10])
def test_a_limit_that_is_none_is_named(says: str) -> None:
    with pytest.raises(SettingsError, match=r"^REFERRALS_GRPC_CALLER_LIMIT is a number, 1 to "):
        Settings.read(Variables(ENVIRONMENT | {"REFERRALS_GRPC_CALLER_LIMIT": says}))
