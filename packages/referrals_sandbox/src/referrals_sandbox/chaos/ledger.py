"""
The ledger: what was posted, and what was acknowledged, on disk before anything else happens.

One JSON object a line. A delivery has a line before its first post, and a second one once it was
answered 200; both are synced, so that the ledger knows whatever anybody was promised.
"""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POSTED = "posted"
ACKNOWLEDGED = "acknowledged"


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
        descriptor: The open file.
        writer: Its one thread: lines go to disk one after the other.
    """

    descriptor: int
    writer: ThreadPoolExecutor

    async def write(self, line: Line) -> None:
        """Append a line; it is on disk when this returns."""
        await asyncio.get_running_loop().run_in_executor(self.writer, self._append, line)

    def _append(self, line: Line) -> None:
        os.write(self.descriptor, json.dumps(attrs.asdict(line)).encode() + b"\n")
        os.fsync(self.descriptor)


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Open a new ledger, and close it at the end of the block."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        with ThreadPoolExecutor(1) as writer:
            yield Ledger(descriptor, writer)
    finally:
        os.close(descriptor)


def read_ledger(path: Path) -> list[Line]:
    """Return all lines."""
    with path.open(encoding="utf-8") as lines:
        return [Line(**json.loads(line)) for line in lines]
