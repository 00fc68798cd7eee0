"""`docker-compose.yml` follows the compose specification's own schema."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.deployment.composition import FILE

if TYPE_CHECKING:
    from pathlib import Path


def faults(path: Path) -> str:
    """Return what the schema says against a file."""
    program = (sys.executable, "-m", "check_jsonschema")
    options = ("--builtin-schema", "vendor.compose-spec")
    done = subprocess.run([*program, *options, path], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_it_follows_the_schema() -> None:
    assert not faults(FILE)


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("read_only: true", "readonly: true", "'readonly' was unexpected"),
        ("condition: service_healthy", "condition: healthy", "'healthy' is not one of"),
        ("interval: 10s", "interval: [10s]", "is not of type 'string'"),
    ],
)
def test_a_mistake_breaks_the_schema(tmp_path: Path, right: str, wrong: str, fault: str) -> None:
    planted = tmp_path / "docker-compose.yml"
    planted.write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    assert fault in faults(planted)
