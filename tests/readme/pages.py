"""The pages that people read, and what stands on them: fenced blocks, tables and links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
TUTORIAL: Final = "docs/tutorial.md"
"""Its blocks belong together: `test_tutorial.py` follows them."""

PAGES: Final = tuple(
    sorted(
        path
        for path in ROOT.rglob("*.md")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )
)
_FENCE: Final = re.compile(
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$(?:\n\n```text\n(?P<output>.*?)^```$)?",
    re.DOTALL | re.MULTILINE,
)
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)


@attrs.frozen(kw_only=True)
class Block:
    """
    A fenced block.

    Args:
        page: The page, from the root.
        section: The heading above it.
        line: Where it begins.
        language: The word behind the fence.
        text: What is in it.
        output: What it prints, if the page says so: in a `text` block that follows at once.
    """

    page: str
    section: str
    line: int
    language: str
    text: str = attrs.field(repr=False)
    output: str | None = attrs.field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.section}, {self.language or 'no language'}"


def blocks(pages: Iterable[Path] = PAGES) -> Iterator[Block]:
    """Yield the blocks of every page."""
    for page in pages:
        text, section, end = page.read_text(), "", 0
        for fence in _FENCE.finditer(text):
            section = (_HEADING.findall(text, end, fence.start()) or [section])[-1]
            end = fence.end()
            yield Block(
                page=str(page.relative_to(ROOT)),
                section=section,
                line=text.count("\n", 0, fence.start()) + 1,
                **fence.groupdict(),
            )


def prose(page: Path) -> str:
    """Return what is in no fenced block."""
    return _FENCE.sub("", page.read_text())


def headings(page: Path) -> list[str]:
    """Return the headings of a page."""
    return _HEADING.findall(prose(page))


def table(page: Path, heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, without its own heading."""
    text = page.read_text().partition(f"# {heading}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert lines, f"{page} has no table under {heading}"
    rows = [line.strip().strip("|").split("|") for line in lines[0].splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]
