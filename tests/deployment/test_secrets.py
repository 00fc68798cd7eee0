"""No setting shows a secret, whoever prints, logs or raises it."""

from __future__ import annotations

import json
import logging
import pkgutil
import re
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs
import pytest

import referrals_adapters
import referrals_grpc
import referrals_webhook
from referrals_adapters.telemetry.logs import LogFormat, formatter
from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.variables import Variables
from referrals_grpc.__main__ import main as grpc_main
from referrals_webhook.__main__ import main as webhook_main
from tests.deployment.composition import environment_here
from tests.deployment.test_settings import OURS, readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

_NAMES: Final = re.compile(r"(^|_)(password|token|secret|key)(_|$)(?!file$)")
_VARIABLES: Final = re.compile(r"_(PASSWORD|TOKEN|SECRET)(_PREVIOUS)?$")
HIDDEN: Final = "hunter2"


def settings_classes() -> Iterator[type[Any]]:
    """Return every class of settings that there is, in whichever room."""
    for package in (referrals_adapters, referrals_grpc, referrals_webhook):
        for module in _settings_modules(package):
            for kind in vars(module).values():
                if attrs.has(kind) and kind.__module__ == module.__name__:
                    yield kind


def _settings_modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.endswith((".settings", ".access")):
            yield import_module(found.name)


def hidden_in(settings: Any) -> Iterator[str]:
    """Return what the secrets in settings say, at any depth."""
    if isinstance(settings, Secret):
        yield settings.revealed()
    elif attrs.has(type(settings)):
        for field in attrs.fields(type(settings)):
            yield from hidden_in(getattr(settings, field.name))


def with_secrets(name: str) -> dict[str, str]:
    """Return a service's variables, and of those that are secret every one hidden."""
    given = environment_here(OURS[name])
    return {key: HIDDEN if _VARIABLES.search(key) else value for key, value in given.items()}


@pytest.mark.parametrize("kind", list(settings_classes()), ids=lambda kind: kind.__name__)
def test_what_is_called_a_secret_is_one(kind: type[Any]) -> None:
    for field in attrs.fields(attrs.resolve_types(kind)):
        if _NAMES.search(field.name):
            assert field.type in {Secret, Secret | None}, field.name
            assert field.converter, "else somebody hands over a text"


def test_there_are_settings_with_secrets() -> None:
    named = {
        f"{kind.__name__}.{field.name}"
        for kind in settings_classes()
        for field in attrs.fields(attrs.resolve_types(kind))
        if field.type in {Secret, Secret | None}
    }
    assert named >= {
        "NeighbourSettings.service_token",
        "Sasl.password",
        "PostgresSettings.password",
        "RedisSettings.password",
        "ShopAccess.token",
        "ShopifySettings.previous_secret",
        "ShopifySettings.secret",
    }


@pytest.mark.parametrize("name", OURS)
def test_settings_show_no_secret(name: str) -> None:
    values = with_secrets(name)
    read = [reader(Variables(values)) for reader in readers(OURS[name]["command"])]
    secrets = [secret for settings in read for secret in hidden_in(settings)]
    assert secrets == [HIDDEN] * sum(map(HIDDEN.__eq__, values.values()))
    for settings in read:
        for shown in ways_to_show(settings):
            assert HIDDEN not in shown


def ways_to_show(settings: object) -> Iterator[str]:
    yield from (repr(settings), str(settings), f"{settings}", repr(vars_of(settings)))
    yield json.dumps(vars_of(settings), default=str)
    record = logging.LogRecord("referrals_grpc", 40, "x.py", 1, "%s %r", (settings,) * 2, None)
    yield from (formatter(form).format(record) for form in LogFormat)
    try:
        raising(settings)
    except ValueError as error:
        yield "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )


def raising(settings: object) -> NoReturn:
    raise ValueError(settings)


def vars_of(settings: object) -> object:
    """Return what a careless dump makes of settings."""
    return attrs.asdict(settings) if attrs.has(type(settings)) else settings  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OURS)
def test_every_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    values = with_secrets(name)
    in_files = {key for key, value in values.items() if value == HIDDEN}
    file = tmp_path / "secret"
    file.write_text(f"{HIDDEN}\n")
    told = {
        f"{key}_FILE" if key in in_files else key: str(file) if key in in_files else value
        for key, value in values.items()
    }
    for read in readers(OURS[name]["command"]):
        assert read(Variables(told)) == read(Variables(values))


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (grpc_main, ["run", "--help"]),
        (webhook_main, ["run", "--help"]),
        (webhook_main, ["migrate", "--help"]),
        (webhook_main, ["held", "list", "--help"]),
    ],
)
def test_help_tells_no_secret_and_that_it_may_come_from_a_file(
    main: Callable[[list[str]], None],
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in OURS:
        _set(monkeypatch, with_secrets(name))
    with pytest.raises(SystemExit):
        main(arguments)
    shown = capsys.readouterr().out
    assert "_FILE" in shown
    assert HIDDEN not in shown


def _set(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
