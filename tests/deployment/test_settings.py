"""Each of our services is given the variables that it reads, and a command that it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.telemetry.logs import LogSettings
from referrals_adapters.wire.variables import SettingsError, Variables
from referrals_grpc.settings import Settings
from referrals_webhook.role import Role
from referrals_webhook.settings import (
    HttpSettings,
    ReconcileSettings,
    RelaySettings,
    WorkerSettings,
    metrics_listen,
)
from tests.commands.programs import PARSERS
from tests.deployment import composition
from tests.deployment.composition import (
    ROOT,
    VariableMissing,
    environment_here,
    of_ours,
    services,
)
from tests.deployment.example import VARIABLES

if TYPE_CHECKING:
    from tests.deployment.composition import Service

Read = Callable[[Variables], object]

OURS: Final = of_ours(services(VARIABLES))
OF_ROLE: Final[Mapping[Role, Read]] = {
    Role.HTTP: HttpSettings.read,
    Role.WORKER: WorkerSettings.read,
    Role.RELAY: RelaySettings.read,
    Role.RECONCILE: ReconcileSettings.read,
}


class Noticing(Mapping[str, str]):
    """An environment that notices which variables are read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_ = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def readers(command: list[str]) -> list[Read]:
    """Return what reads settings when a command is given; exit if there is no such command."""
    program, *words = command
    if program == "referrals-grpc":
        PARSERS[program]().parse_args(words)
        return [Settings.read, LogSettings.read]
    assert program == "referrals-webhook"
    options = PARSERS[program]().parse_args(words)
    if options.command == "migrate":
        return [PostgresSettings.read, LogSettings.read]
    return [OF_ROLE[options.role], LogSettings.read, metrics_listen]


def unread(service: Service, values: Mapping[str, str]) -> set[str]:
    """
    Return the variables that nobody reads.

    Raises:
        SettingsError: One is missing or cannot be read.
    """
    noticing = Noticing(values)
    for read in readers(service["command"]):
        read(Variables(noticing))
    return set(values) - noticing.read


def every_variable() -> list[tuple[str, str]]:
    return [
        (name, variable)
        for name, service in OURS.items()
        for variable in environment_here(service)
    ]


@pytest.mark.parametrize("name", OURS)
def test_a_service_reads_every_variable_it_is_given_and_misses_none(name: str) -> None:
    assert unread(OURS[name], environment_here(OURS[name])) == set()


@pytest.mark.parametrize("name", OURS)
def test_its_help_names_every_variable_that_it_reads(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program, command, *_ = OURS[name]["command"]
    noticing = Noticing(environment_here(OURS[name]))
    for read in readers(OURS[name]["command"]):
        read(Variables(noticing))
    with pytest.raises(SystemExit):
        PARSERS[program]().parse_args([command, "--help"])
    told = set(re.findall(r"\w+", capsys.readouterr().out))
    assert [one for one in noticing.read if not {one, f"_{one.rpartition('_')[2]}"} & told] == []


@pytest.mark.parametrize(("name", "variable"), every_variable())
def test_a_misspelt_variable_is_noticed(name: str, variable: str) -> None:
    values = environment_here(OURS[name])
    misspelt = {f"{key}S" if key == variable else key: value for key, value in values.items()}
    try:
        left = unread(OURS[name], misspelt)
    except SettingsError as error:
        assert str(error) == f"{variable} is not set"  # noqa: PT017 - a default may stand in
    else:
        assert left == {f"{variable}S"}


@pytest.mark.parametrize(
    ("name", "without"),
    [
        *((name, "REFERRALS_DB_HOST") for name in OURS),
        *((name, "REFERRALS_DB_PASSWORD") for name in OURS),
        *((name, "REFERRALS_REDIS_HOST") for name in ("grpc", "worker", "reconcile")),
        *((name, "AUTH_GRPC_TARGET") for name in ("grpc", "worker")),
        *((name, "REFERRALS_PUBLIC_URL") for name in ("grpc", "reconcile")),
        ("worker", "CORE_GRPC_TARGET"),
        ("worker", "AUTH_SERVICE_TOKEN"),
        *((name, "SHOPIFY_API_SECRET") for name in ("webhook", "reconcile")),
        ("reconcile", "SHOPIFY_ADMIN_ACCESS_FILE"),
        ("relay", "KAFKA_BROKER"),
    ],
)
def test_a_missing_variable_is_noticed(name: str, without: str) -> None:
    values = environment_here(OURS[name])
    del values[without]
    with pytest.raises(SettingsError, match=f"{without} is not set"):
        unread(OURS[name], values)


@pytest.mark.parametrize("command", ["run --rôle http", "run --role https", "migrate now"])
def test_a_misspelt_command_is_noticed(command: str) -> None:
    with pytest.raises(SystemExit):
        readers(["referrals-webhook", *command.split()])


def test_every_role_runs_once() -> None:
    commands = sorted(" ".join(service["command"]) for service in OURS.values())
    assert commands == [
        "referrals-grpc run",
        "referrals-webhook migrate",
        *sorted(f"referrals-webhook run --role {role}" for role in Role),
    ]


@pytest.mark.parametrize("variable", VARIABLES)
def test_compose_refuses_to_start_without(variable: str) -> None:
    others = {name: value for name, value in VARIABLES.items() if name != variable}
    with pytest.raises(VariableMissing, match=f"^{variable}: "):
        services(others)


def test_the_example_names_every_variable_and_sets_none() -> None:
    text = Path(ROOT, ".env.example").read_text(encoding="utf-8")
    settings = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert sorted(settings) == sorted(f"{name}=" for name in composition.required())
    optional = re.findall("^# ([A-Z_]+)=", text, re.MULTILINE)
    assert sorted(optional) == sorted(composition.optional())
