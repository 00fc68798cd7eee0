"""Gateways: before a running sandbox, before upstreams that tests watch, and before nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.wishes import Wishes
from tests.gateway.front import before_nothing, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.composition.sandbox import Sandbox
    from tests.gateway.front import Front

ORIGIN = "https://shop.example"


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    """The running sandbox, whose gateway is the real Envoy with production's file."""
    with running(Wishes(settings={"GATEWAY_CORS_ORIGINS": ORIGIN})) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def front() -> Iterator[Front]:
    """The gateway before upstreams that tests watch."""
    with standing() as front:
        yield front


@pytest.fixture(scope="package")
def before_nothing_at() -> Iterator[str]:
    """The address of a gateway whose services are both away."""
    with before_nothing() as address:
        yield address
