"""One of several processes on one port, seen from the child, which ends when its parent does."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.system.address import Address
from referrals_grpc.ending import to_the_end, told_to_stop
from referrals_grpc.processes import SERVING
from referrals_grpc.serve import served
from referrals_grpc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def _serve(listen: Address, place: int) -> None:
    """Serve until the tie to the parent ends, or until SIGTERM."""
    stop, settings = told_to_stop(), Settings.of_environment()
    metrics = settings.metrics and settings.metrics.next(place)
    async with (
        _tied_to_parent(stop) as parent,
        served(attrs.evolve(settings, listen=listen, metrics=metrics), shared=True),
    ):
        parent.write(SERVING)
        await stop.wait()


@asynccontextmanager
async def _tied_to_parent(stop: asyncio.Event) -> AsyncIterator[asyncio.StreamWriter]:
    """
    Stop when standard input ends: only the parent holds the other end of that socket.

    However the parent ends, the kernel closes it.
    """
    tie = socket.fromfd(sys.stdin.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
    reader, writer = await asyncio.open_unix_connection(sock=tie)

    async def watch() -> None:
        await reader.read()
        stop.set()

    watching = asyncio.create_task(watch())
    try:
        yield writer
    finally:
        watching.cancel()
        writer.close()


if __name__ == "__main__":
    to_the_end(_serve(Address.parse(sys.argv[1]), int(sys.argv[2])))
