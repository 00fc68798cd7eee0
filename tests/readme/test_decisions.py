"""Each decision says against what it was taken and what was seen, and is in the list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.readme.pages import ROOT, headings

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
EACH = pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
PARTS = ["Why something had to be decided", "Decided", "Instead of", "Seen"]


@EACH
def test_a_decision_says_why_what_against_what_and_what_was_seen(page: Path) -> None:
    assert headings(page)[1:] == PARTS


@EACH
def test_a_decision_was_taken_against_something(page: Path) -> None:
    assert re.search(r"^- \*\*.+\*\*|^\| [^|*-]", _part(page, "Instead of"), re.MULTILINE)


@EACH
def test_what_was_seen_is_a_figure_or_a_test(page: Path) -> None:
    assert re.search(r"\d|`tests/", _part(page, "Seen"))


def test_the_list_has_every_decision_under_its_title() -> None:
    row = re.compile(r"^\| \[(\d+)\]\((.+?)\) \| (.+?) \|$", re.MULTILINE)
    titles = [(page.name, *headings(page)[0].split(". ", 1)) for page in DECISIONS]
    assert row.findall(_text(FOLDER / "README.md")) == [
        (number, name, title) for name, number, title in titles
    ]
    assert all(name.startswith(f"{int(number):04}-") for name, number, _ in titles)


def _part(page: Path, heading: str) -> str:
    return _text(page).partition(f"## {heading}\n")[2].partition("\n## ")[0]


def _text(page: Path) -> str:
    return page.read_text()
