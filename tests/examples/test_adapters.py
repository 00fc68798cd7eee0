"""The adapters of another team pass their own checks, as their README says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Final

import pytest

from referrals_domain.ports.transaction import Transaction

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples" / "adapters"
PAGE: Final = (EXAMPLE / "README.md").read_text()
COMMANDS: Final = re.findall(r"^uv .+$", PAGE, re.MULTILINE)
SUITES: Final = re.findall(r"^\| `\w+\.py` \| `(\w+)` \| `(\w+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", COMMANDS)
def test_its_checks_pass(command: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "UV_LOCKED": "1",
    }
    checked = subprocess.run(  # noqa: S603 - a line of a page of the checkout
        shlex.split(command),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_page_names_each_port_and_suite_that_it_runs() -> None:
    tests = "".join(path.read_text() for path in EXAMPLE.glob("tests/*.py"))
    run = set(re.findall(r"^class \w+\((?:_Sqlite, )?(\w+)Contract\)", tests, re.MULTILINE))
    assert {port for port, _ in SUITES} == run
    assert all(suite == f"{port}Contract" for port, suite in SUITES)


def test_the_page_knows_of_how_many_collections_there_is_no_table() -> None:
    collections = Transaction.__abstractmethods__ - {"__aenter__", "__aexit__", "commit"}
    assert f"`Transaction` names {len(collections)} collections, and three have" in PAGE


def test_it_is_as_short_as_its_page_says() -> None:
    files = [*EXAMPLE.rglob("src/**/*.py"), *EXAMPLE.rglob("src/**/*.sql")]
    lines = [line for file in files for line in file.read_text().splitlines() if line.strip()]
    assert 200 < len(lines) < 300
