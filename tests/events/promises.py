"""What a contract promised and a later one no longer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_REMARKS: Final = frozenset({"title", "summary", "description", "examples"})
"""What binds nobody; `info` as a whole does not either."""

_NAMES: Final = frozenset(
    {"properties", "channels", "messages", "operations", "schemas", "components"}
)
"""What holds names of ours, so that a field called `title` is no remark."""


def broken(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """
    Return where a document breaks what another one promised to consumers.

    Everything that it said must still be said. More may be: a keyword that is added to a schema
    can only narrow what is sent, and a field that is added is one to ignore.
    """
    return list(_lost(_binding(before), _binding(now), "#"))


def _binding(document: dict[str, Any]) -> dict[str, Any]:
    return {name: node for name, node in document.items() if name != "info"}


def _lost(before: Any, now: Any, path: str, *, names: bool = False) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for name, node in before.items():
            if name in _REMARKS and not names:
                continue
            if name not in now:
                yield f"{path}/{name} is gone"
            else:
                yield from _lost(node, now[name], f"{path}/{name}", names=name in _NAMES)
    elif path.endswith("/required"):
        yield from (f"{path} lacks {name}" for name in before if name not in now)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _lost(one, other, f"{path}/{place}")
    elif before != now:
        yield f"{path} was {before!r} and is {now!r}"
