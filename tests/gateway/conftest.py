"""A running sandbox, whose gateway is the real Envoy with production's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_sandbox.composition.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.composition.sandbox import Sandbox


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    """The running sandbox."""
    with running() as sandbox:
        yield sandbox
