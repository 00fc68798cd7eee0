"""One running sandbox for all tests that do not end it."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.cli import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.composition.description import Description


@pytest.fixture(scope="session")
def shared_cli() -> Iterator[Cli]:
    """The command in the surroundings of the running sandbox."""
    yield from _cli()


@pytest.fixture(scope="session")
def sandbox(shared_cli: Cli) -> Iterator[Description]:
    """The running sandbox."""
    with shared_cli.running() as running:
        yield running.description()
        processes = running.descendants()
        assert running.end(by=signal.SIGTERM) == 0
        assert running.remains(processes) == []


@pytest.fixture
def cli() -> Iterator[Cli]:
    """The command in surroundings of its own."""
    yield from _cli()


def _cli() -> Iterator[Cli]:
    temp = Path(tempfile.mkdtemp(prefix="test-sandbox-"))
    yield Cli(temp)
    shutil.rmtree(temp, ignore_errors=True)  # a failing test's sandbox may be ending still
