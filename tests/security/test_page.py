"""The threat model names tests that there are, for every threat."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from tests.readme.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT: Final = (ROOT / "docs" / "security.md").read_text()
COLUMNS: Final = "| Threat | Guard | Test that fails without it |"
NAMED: Final = re.compile(r"`([\w/]+\.py)?((?:::\w+)+)`")
RUN_BY_NAME: Final = tuple((ROOT / file).read_text() for file in (".ci/run", "tests/browser.py"))
"""What runs the tests that `uv run pytest` leaves out."""


def named() -> Iterator[tuple[str, str]]:
    """Yield the tests that the page names; without a file, the last one's is meant."""
    file = ""
    for match in NAMED.finditer(TEXT):
        file = match[1] or file
        yield file, match[2].removeprefix("::")


def threats() -> Iterator[tuple[str, str]]:
    """Yield every threat with its last cell."""
    for table in TEXT.split(COLUMNS)[1:]:
        rows = re.match(r"\n\|---\|---\|---\|\n((?:\|.*\n)*)", table)
        assert rows
        for row in rows[1].splitlines():
            threat, _, tests = row.strip("| ").split(" | ")
            yield threat, tests


@cache
def found_in(file: str) -> set[str]:
    """Return the tests of a file, as pytest finds them."""
    body = ast.parse((ROOT / file).read_text()).body
    classes = [one for one in body if isinstance(one, ast.ClassDef) and one.name[:4] == "Test"]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = {one.name for one in body if isinstance(one, functions)} | {
        f"{home.name}::{one.name}"
        for home in classes
        for one in home.body
        if isinstance(one, functions)
    }
    return {name for name in found if name.rpartition(":")[2].startswith("test_")}


@pytest.mark.parametrize(("file", "name"), sorted(set(named())))
def test_a_test_that_is_named_is_there_and_is_run(file: str, name: str) -> None:
    assert name in found_in(file)
    by_default = file.rpartition("/")[2].startswith("test_")
    assert by_default or any(file in command for command in RUN_BY_NAME)


@pytest.mark.parametrize(("threat", "tests"), list(threats()))
def test_every_threat_has_one(threat: str, tests: str) -> None:
    assert threat
    assert NAMED.search(tests) or tests == "as above"
