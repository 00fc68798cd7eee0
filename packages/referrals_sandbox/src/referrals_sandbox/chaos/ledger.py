"""
The ledger: what was posted, and what was acknowledged, on disk before anything else happens.

One JSON object a line. A delivery has a line before its first post, and a second one once it was
answered 200; both are synced, so that the ledger knows whatever anybody was promised.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Self

import attrs

from referrals_adapters.flow.batcher import Batcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

POSTED = "posted"
ACKNOWLEDGED = "acknowledged"

_AT_ONCE = 1000  # lines a sync


@attrs.frozen(kw_only=True)
class Line:
    """
    One line.

    Args:
        kind: `posted` or `acknowledged`.
        merchant_id: The merchant.
        order_id: The order.
        friend_id: Who placed it.
        topic: What the delivery reports.
    """

    kind: str
    merchant_id: str
    order_id: str
    friend_id: str
    topic: str

    def acknowledged(self) -> Self:
        """Return the line that says that it was answered 200."""
        return attrs.evolve(self, kind=ACKNOWLEDGED)


@attrs.frozen
class Ledger:
    """
    The ledger while it is written.

    Args:
        lines: Lines on their way to the disk: those that come during a sync share the next.
    """

    lines: Batcher[Line, None]

    async def write(self, line: Line) -> None:
        """Append a line; it is on disk when this returns."""
        await self.lines.submit(line)


@asynccontextmanager
async def open_ledger(path: Path) -> AsyncIterator[Ledger]:
    """Open a new ledger, and close it at the end of the block."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    async def append(lines: Sequence[Line]) -> Sequence[None]:
        await asyncio.to_thread(_append, descriptor, lines)
        return [None] * len(lines)

    try:
        async with aclosing(Batcher(append, limit=_AT_ONCE, concurrency=1)) as batcher:
            yield Ledger(batcher)
    finally:
        os.close(descriptor)


def read_ledger(path: Path) -> list[Line]:
    """Return all lines."""
    with path.open(encoding="utf-8") as lines:
        return [Line(**json.loads(line)) for line in lines]


def _append(descriptor: int, lines: Sequence[Line]) -> None:
    text = "".join(json.dumps(attrs.asdict(line)) + "\n" for line in lines)
    os.write(descriptor, text.encode())
    os.fsync(descriptor)
