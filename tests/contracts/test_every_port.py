"""Each port has a suite, and each adapter of it runs that suite."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Final

import pytest

import referrals_adapters
import referrals_domain.ports
import referrals_domain.testing
from tests.contracts import (
    test_grpc,
    test_in_memory,
    test_kafka,
    test_postgres,
    test_redis,
    test_system,
    test_telemetry,
)
from tests.redis import test_server
from tests.shopify_platform import test_contracts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

RUNS: Final = (
    test_grpc,
    test_in_memory,
    test_kafka,
    test_postgres,
    test_redis,
    test_server,
    test_contracts,
    test_system,
    test_telemetry,
)
"""Where suites are run."""


def _classes(*modules: ModuleType) -> Iterator[type]:
    """Return the classes that modules define."""
    for module in modules:
        for found in vars(module).values():
            if inspect.isclass(found) and found.__module__ == module.__name__:
                yield found


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    """Import all of a package, but for what only alembic can run."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith(".migrations.env"):
            yield importlib.import_module(found.name)


PORTS: Final = [
    one for one in _classes(*_modules(referrals_domain.ports)) if inspect.isabstract(one)
]
ADAPTERS: Final = [
    (port, adapter)
    for package in (referrals_domain.testing, referrals_adapters)
    for adapter in _classes(*_modules(package))
    for port in PORTS
    if port in inspect.getmro(adapter)
]
SUITES_RUN: Final = [one for one in _classes(*RUNS) if not inspect.isabstract(one)]


def _suite(port: type) -> type:
    """Return a port's suite, which is where whoever knows the port looks for it."""
    module = port.__module__.replace(
        "referrals_domain.ports", "referrals_domain.testing.contracts"
    )
    suite: type = getattr(importlib.import_module(module), f"{port.__name__}Contract")
    return suite


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_port_has_a_suite_with_laws_and_a_promise(port: type) -> None:
    suite = _suite(port)
    assert [name for name in vars(suite) if name.startswith("test_")]
    assert suite.__doc__


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_port_has_an_adapter_in_memory_and_one_of_ours(port: type) -> None:
    packages = {adapter.__module__.split(".")[0] for one, adapter in ADAPTERS if one is port}
    assert packages == {"referrals_domain", "referrals_adapters"}


@pytest.mark.parametrize(
    ("port", "adapter"),
    ADAPTERS,
    ids=[f"{adapter.__name__}, {port.__name__}" for port, adapter in ADAPTERS],
)
def test_every_adapter_runs_the_suite_of_its_port(port: type, adapter: type) -> None:
    name, suite = adapter.__name__.lstrip("_"), _suite(port)
    assert [one for one in SUITES_RUN if issubclass(one, suite) and name in one.__name__]
