"""Two authorities: ours, and one that nobody trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.grpc.conftest import environment as environment  # noqa: PLC0414 - a fixture, as there
from tests.tls.authority import Authority

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(_folder(tmp_path, "ours"))


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(_folder(tmp_path, "strange"))


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder
