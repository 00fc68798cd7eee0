"""The page about the house shows it as it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.picture import PAGE, drawn

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text()
STEPS = re.findall(r"^\| .+ \| `(\S+\.py)` \| `?([\w.]*)`? \|$", TEXT, re.MULTILINE)
FILES = sorted(set(re.findall(r"`((?:packages|services|proto|docs|tests)/[\w./]+)`", TEXT)))


def test_the_picture_is_drawn_from_the_imports_of_today() -> None:
    assert drawn(TEXT) == TEXT, "draw it anew: uv run python tests/architecture/picture.py"


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_is_named_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize(("file", "symbol"), STEPS)
def test_what_does_a_step_is_defined_where_the_page_says(file: str, symbol: str) -> None:
    scope: ast.AST = ast.parse((ROOT / file).read_text())
    for name in symbol.split("."):
        scope = {
            node.name: node
            for node in ast.iter_child_nodes(scope)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        }[name]
