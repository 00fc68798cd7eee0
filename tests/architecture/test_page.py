"""The page about the house shows it as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.picture import PAGE, drawn

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text()
FILES = sorted(set(re.findall(r"`((?:packages|services|proto)/[\w./]+)`", TEXT)))


def test_the_picture_is_drawn_from_the_imports_of_today() -> None:
    assert drawn(TEXT) == TEXT, "draw it anew: uv run python tests/architecture/picture.py"


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_is_named_is_there(file: str) -> None:
    assert (ROOT / file).is_file()
