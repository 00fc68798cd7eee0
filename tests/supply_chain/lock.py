"""What the lock file pins, and what of it each of our distributions brings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT: Final = Path(__file__).parents[2]
LOCK: Final[Mapping[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text())
OTHERS: Final = tuple(one for one in LOCK["package"] if "registry" in one["source"])
"""The packages of others."""

OURS: Final = tuple(
    one["name"] for one in LOCK["package"] if one not in OTHERS and one["name"] != "referrals"
)
"""Our distributions."""

_BY_NAME: Final = {one["name"]: one for one in LOCK["package"]}


def brought_by(name: str) -> set[str]:
    """Return the packages of others that one of our distributions brings, with every extra."""
    seen: set[tuple[str, str | None]] = set()
    extras = _BY_NAME[name].get("optional-dependencies", {})
    waiting: list[tuple[str, str | None]] = [(name, None), *((name, extra) for extra in extras)]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += _needed(*one)
    return {package for package, _ in seen} & {one["name"] for one in OTHERS}


def _needed(name: str, extra: str | None) -> Iterable[tuple[str, str | None]]:
    package = _BY_NAME[name]
    needs = (
        package.get("optional-dependencies", {}).get(extra, [])
        if extra
        else package.get("dependencies", [])
    )
    for need in needs:
        yield need["name"], None
        yield from ((need["name"], wanted) for wanted in need.get("extra", []))
