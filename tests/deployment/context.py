"""What Docker would be sent of the checkout: everything but what `.dockerignore` leaves out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from tests.deployment.composition import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE: Final = ROOT / ".dockerignore"
_WILDCARDS: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@attrs.frozen
class Ignore:
    """
    The patterns of a `.dockerignore`, of which the last that matches decides.

    Args:
        patterns: The patterns, without comments.

    >>> ignore = Ignore(("*", "!packages/a", "**/__pycache__"))
    >>> [ignore.leaves_out(path) for path in ("x", "packages/a/b", "packages/a/__pycache__/c")]
    [True, False, True]
    """

    patterns: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Ignore:
        """Read the file's text."""
        lines = (line.strip() for line in text.splitlines())
        return cls(tuple(line for line in lines if line and not line.startswith("#")))

    def leaves_out(self, path: str) -> bool:
        """Tell whether a path relative to the checkout stays outside."""
        left_out = False
        for pattern in self.patterns:
            if _matches(pattern.removeprefix("!"), path):
                left_out = not pattern.startswith("!")
        return left_out

    def kept(self, source: str) -> list[Path]:
        """Return the files at or below a path that are sent, relative to the checkout."""
        place = ROOT / source
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        relative = (path.relative_to(ROOT) for path in found if path.is_file())
        return [path for path in relative if not self.leaves_out(path.as_posix())]


def ignore() -> Ignore:
    """Return what the checkout's `.dockerignore` leaves out."""
    return Ignore.read(FILE.read_text(encoding="utf-8"))


def _matches(pattern: str, path: str) -> bool:
    """Tell whether a pattern matches a path or a folder that it is in."""
    words: Iterable[str] = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    expression = "".join(_WILDCARDS.get(word) or re.escape(word) for word in words)
    return re.fullmatch(rf"{expression}(?:/.*)?", path) is not None
