"""Each role reads what it needs, and says what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.system.address import Address
from referrals_adapters.wire.variables import SettingsError, Variables
from referrals_webhook.__main__ import main
from referrals_webhook.settings import (
    HttpSettings,
    ReconcileSettings,
    RelaySettings,
    WorkerSettings,
)

if TYPE_CHECKING:
    from pathlib import Path

    _Settings = HttpSettings | WorkerSettings | RelaySettings | ReconcileSettings

DATABASE = {
    "REFERRALS_DB_HOST": "db",
    "REFERRALS_DB_USER": "referrals",
    "REFERRALS_DB_PASSWORD": "hidden",
}
HTTP = {**DATABASE, "SHOPIFY_API_SECRET": "hidden"}
WORKER = {
    **DATABASE,
    "REFERRALS_REDIS_HOST": "redis",
    "AUTH_GRPC_TARGET": "auth:1",
    "CORE_GRPC_TARGET": "core:1",
    "AUTH_SERVICE_TOKEN": "hidden",
}
RELAY = {**DATABASE, "KAFKA_BROKER": "kafka:9092"}


def reconcile_variables(folder: Path) -> dict[str, str]:
    """Return the variables of the reconcile role, whose file of access they make."""
    file = folder / "shops.json"
    file.write_text('{"acme.myshopify.com": {"token": "hidden"}}')
    return {
        **HTTP,
        "REFERRALS_REDIS_HOST": "redis",
        "SHOPIFY_ADMIN_ACCESS_FILE": str(file),
        "REFERRALS_PUBLIC_URL": "https://go.example",
    }


def test_http_listens_on_the_loopback_address_unless_told_otherwise() -> None:
    assert HttpSettings.read(Variables(HTTP)).listen == Address("127.0.0.1", 8080)
    told = {**HTTP, "REFERRALS_WEBHOOK_LISTEN": "0.0.0.0:80"}
    assert str(HttpSettings.read(Variables(told)).listen) == "0.0.0.0:80"


@pytest.mark.parametrize(
    ("kind", "variables"),
    [(HttpSettings, HTTP), (WorkerSettings, WORKER), (RelaySettings, RELAY)],
    ids=["http", "worker", "relay"],
)
def test_a_role_needs_its_own_variables_and_no_others(
    kind: type[_Settings], variables: dict[str, str]
) -> None:
    _assert_needs(kind, variables)


def test_reconcile_waits_for_a_quarter_of_an_hour_or_as_long_as_it_is_told(
    tmp_path: Path,
) -> None:
    variables = reconcile_variables(tmp_path)
    assert ReconcileSettings.read(Variables(variables)).every == timedelta(minutes=15)
    told = {**variables, "REFERRALS_RECONCILE_SECONDS": "3600"}
    assert ReconcileSettings.read(Variables(told)).every == timedelta(hours=1)


def test_reconcile_needs_its_own_variables_and_no_others(tmp_path: Path) -> None:
    _assert_needs(ReconcileSettings, reconcile_variables(tmp_path))


def test_a_bad_address_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"^REFERRALS_WEBHOOK_LISTEN: 'x' is not host:port$"):
        HttpSettings.read(Variables({**HTTP, "REFERRALS_WEBHOOK_LISTEN": "x"}))


@pytest.mark.parametrize(
    ("arguments", "variables", "line"),
    [
        (["run"], {**HTTP, **WORKER}, "KAFKA_BROKER is not set"),
        (["run"], {**HTTP, **RELAY}, "REFERRALS_REDIS_HOST is not set"),
        (["run"], {**WORKER, **RELAY}, "SHOPIFY_API_SECRET is not set"),
        (["run", "--role", "worker"], HTTP, "REFERRALS_REDIS_HOST is not set"),
        (["run", "--role", "relay"], HTTP, "KAFKA_BROKER is not set"),
        (["migrate"], {}, "REFERRALS_DB_HOST is not set"),
    ],
)
def test_a_missing_setting_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variables: dict[str, str],
    line: str,
) -> None:
    for name in {**HTTP, **WORKER, **RELAY}:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    advice = "--help tells which variables are read"
    assert ended.value.code == f"referrals-webhook: {line}; {advice}"


def test_help_names_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    suffixes = {"REFERRALS_DB_USER": "_USER", "REFERRALS_DB_PASSWORD": "_PASSWORD"}
    for name in {**HTTP, **WORKER, **RELAY, "REFERRALS_WEBHOOK_LISTEN": ""}:
        assert suffixes.get(name, name) in shown


def _assert_needs(kind: type[_Settings], variables: dict[str, str]) -> None:
    assert "hidden" not in repr(kind.read(Variables(variables)))
    for name in variables:
        others = {key: value for key, value in variables.items() if key != name}
        with pytest.raises(SettingsError, match=f"^{name} is not set$"):
            kind.read(Variables(others))
