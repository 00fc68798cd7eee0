"""
HTTP that costs who posts little: some 30 us for 10 kB, where streams took 90.

It shares the CPUs with the service that is measured. So it knows of HTTP what a good answer needs;
anything else ends the bench.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final, cast

from referrals_sandbox.servers.errors import SandboxError

_OK: Final = b"HTTP/1.1 200 "
_END: Final = b"\r\n\r\n"  # of a head
_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)(?:\r\n|\Z)", re.IGNORECASE)


class Posts(asyncio.Protocol):
    """
    Requests on one connection, one after the other.

    Args:
        within: How long an answer may take, in seconds.
    """

    def __init__(self, within: float) -> None:
        self._within = within
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None  # that somebody waits for
        self._due = 0.0
        self._came = b""
        self._watch: asyncio.TimerHandle | None = None

    async def post(self, request: bytes) -> bytes:
        """
        Send a request, head and body, and return the body of its answer.

        Raises:
            SandboxError: There is none in time, or another than 200.
        """
        if self._transport is None or self._transport.is_closing():
            raise SandboxError("a webhook was not answered: the connection has ended")
        self._transport.write(request)
        self._due = self._loop.time() + self._within
        self._answer = self._loop.create_future()
        return await self._answer

    def close(self) -> None:
        """End the connection."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch the time: a timer for each request would cost more than its signature."""
        self._transport = cast("asyncio.Transport", transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nobody waiting."""
        if self._watch:
            self._watch.cancel()
        self._fail(f"was not answered: the connection ended, {exc!r}")

    def data_received(self, data: bytes) -> None:
        """Read one answer."""
        came = self._came + data
        head, end, body = came.partition(_END)
        if not end:
            self._came = came
            return
        length = _LENGTH.search(head)
        if length is None or not head.startswith(_OK):
            self._fail(f"was answered {came.decode(errors='replace')}")
        elif len(body) < int(length[1]):
            self._came = came
        elif len(body) > int(length[1]):
            self._fail(f"was answered more than once: {came.decode(errors='replace')}")
        else:
            self._came = b""
            self._give(body)

    def _give(self, body: bytes) -> None:
        answer, self._answer = self._answer, None
        if answer is None:
            self.close()  # nobody asked: whoever asks next finds the connection ended
        elif not answer.done():
            answer.set_result(body)

    def _fail(self, why: str) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(SandboxError(f"a webhook {why}"))
        self.close()

    def _look(self) -> None:
        now = self._loop.time()
        if self._answer is not None and self._due <= now:
            self._fail(f"was not answered within {self._within:g} s")
            return
        next_look = now + self._within if self._answer is None else self._due
        self._watch = self._loop.call_at(next_look, self._look)
