"""
The picture of the house in `docs/architecture.md`, drawn from its imports.

`uv run python tests/architecture/picture.py` draws it anew.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grimp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PAGE: Final = Path(__file__).parents[2] / "docs" / "architecture.md"
_PICTURE: Final = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)
_WITH_ROOMS: Final = ("referrals_domain", "referrals_adapters")
_WHOLE: Final = ("referrals_sandbox", "referrals_grpc", "referrals_webhook")


def drawn(page: str) -> str:
    """Return the page with the picture as the imports are now."""
    return _PICTURE.sub(lambda _: _mermaid(), page, count=1)


def _mermaid() -> str:
    arrows = _arrows(grimp.build_graph(*_WHOLE, *_WITH_ROOMS, cache_dir=None))
    names = sorted({*arrows, *(end for ends in arrows.values() for end in ends)})
    lines = ["flowchart TD"]
    for package, rooms in groupby(names, lambda name: name.partition(".")[0]):
        inside = [room.partition(".")[2] for room in rooms]
        if inside == [""]:
            lines.append(f"    {package}")
            continue
        lines += [f"    subgraph {package}"]
        lines += [f"        {package}_{room}[{room}]" for room in inside]
        lines += ["    end"]
    pairs = sorted((start, end) for start, ends in arrows.items() for end in ends)
    lines += [f"    {start} --> {end}".replace(".", "_") for start, end in pairs]
    return "\n".join(lines) + "\n"


def _arrows(graph: grimp.ImportGraph) -> Mapping[str, Collection[str]]:
    """Return who imports whom, a room each, without what follows from other arrows."""
    direct: dict[str, set[str]] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            start, end = _room(module), _room(imported)
            if start != end:
                direct.setdefault(start, set()).add(end)
    return {
        start: {end for end in ends if not any(end in _below(other, direct) for other in ends)}
        for start, ends in direct.items()
    }


def _room(module: str) -> str:
    package, *inner = module.split(".")
    return f"{package}.{inner[0]}" if package in _WITH_ROOMS and inner else package


def _below(room: str, direct: Mapping[str, Collection[str]]) -> set[str]:
    """Return every room that this one stands on."""
    below: set[str] = set()
    reached = list(direct.get(room, ()))
    while reached:
        one = reached.pop()
        if one not in below:
            below.add(one)
            reached += direct.get(one, ())
    return below


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
