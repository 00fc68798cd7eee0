"""Several processes on one port, seen from the parent, which ends when one of them does."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import Process
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_adapters.system.address import Address
from referrals_grpc.ending import GRACE, ProcessEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

SERVING: Final = b"serving\n"
"""What a child tells its parent once it serves."""

_PROGRAM: Final = ("-P", "-m", "referrals_grpc.child")
_AS_TOLD: Final = (0, -signal.SIGTERM, -signal.SIGINT)  # by signal: it had only just begun
_END_WITHIN: Final = GRACE + 5.0  # seconds; who has not ended by then never will


async def serve_in_processes(
    number: int, at: Address, stop: asyncio.Event, announce: Callable[[Address], None]
) -> None:
    """
    Serve in so many processes until told to stop.

    Args:
        number: How many processes.
        at: Where all of them listen.
        stop: Tells to stop; every process is told in turn, and lets its calls finish.
        announce: Told the address once all of them serve.

    Raises:
        CannotListen: The address is taken, or is none of this machine.
        ProcessEnded: One of them ended by itself; the others were told to stop.
    """
    claim = at.claim()
    address = attrs.evolve(at, port=Address.of(claim).port)
    children = [await _Child.start(address, place) for place in range(number)]
    try:
        await _unless(stop, _all(child.serves() for child in children))
        claim.close()
        if not stop.is_set():
            announce(address)
        await _unless(stop, _all(child.ends() for child in children))
    finally:
        await _end(children)
    for child in children:
        child.require_good_end()


@attrs.frozen
class _Child:
    """A process, and the tie to it: where that ends, the child stops."""

    process: Process
    reader: asyncio.StreamReader
    tie: asyncio.StreamWriter

    @classmethod
    async def start(cls, address: Address, place: int) -> _Child:
        ours, theirs = socket.socketpair()
        with theirs:
            # A session of its own keeps Ctrl-C from it, so that it hears of the end from us.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_PROGRAM,
                str(address),
                str(place),
                stdin=theirs.fileno(),
                start_new_session=True,
            )
        return cls(process, *await asyncio.open_unix_connection(sock=ours))

    async def serves(self) -> None:
        """Return once it serves; raise if it ends before."""
        if await self.reader.readline() != SERVING:
            await self.ends()

    async def ends(self) -> None:
        """Raise when it ends."""
        code = await self.process.wait()
        raise ProcessEnded(f"a process ended with exit code {code}")

    def require_good_end(self) -> None:
        """Raise if it did not end as it was told."""
        if self.process.returncode not in _AS_TOLD:
            raise ProcessEnded(f"a process ended with exit code {self.process.returncode}")


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*works)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work until told to stop; from then on it does not matter how it ends."""
    told, doing = asyncio.create_task(stop.wait()), asyncio.create_task(work)
    await asyncio.wait({told, doing}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not stop.is_set():
        doing.result()
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)


async def _end(children: Sequence[_Child]) -> None:
    """Tell all to stop, wait until they have, and kill those who do not."""
    for child in children:
        child.tie.close()
    try:
        async with asyncio.timeout(_END_WITHIN):
            for child in children:
                await child.process.wait()
    except TimeoutError:
        for child in children:
            if child.process.returncode is None:
                child.process.kill()
                await child.process.wait()
