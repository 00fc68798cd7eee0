"""A connection of uvicorn's, with the bounds that uvicorn leaves to a gateway."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from referrals_webhook.gathering import GatheringTransport

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

REQUEST_WITHIN: Final = timedelta(seconds=10)
"""How long a request may take to come: longer than Shopify waits for its answer."""

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of a request that are not body: its head, what frames its chunks, and its trailers."""


class _TooEarly(Exception):
    """The caller did not wait for the answer to the request before."""


class BoundedConnection(HttpToolsProtocol):
    """
    A connection that nobody can keep half a request on, or fill the memory by.

    Without it (uvicorn 0.54) heads and trailers may be endless and may never come, and one caller
    who sends requests without waiting for answers keeps everyone else from theirs. HTTP lets a
    server close a connection on such a caller; neither Shopify nor a gateway is one.
    """

    _head: int
    _coming: asyncio.TimerHandle | None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(GatheringTransport(transport, self.loop))
        self._head = 0
        self._coming = None
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._request_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless there is too much of it, and wait for what is missing."""
        self._head += len(data)
        super().data_received(data)
        if self._head > LONGEST_HEAD:
            self.send_400_response("Too long a head.")
        elif self._head:
            self._await_request()

    def on_message_begin(self) -> None:
        """Begin a request, if its turn has come; otherwise parse no further."""
        if self._unanswered() is not None:
            raise _TooEarly
        self._head = self._head or 1  # it may begin with the bytes that ended the one before
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        """Leave to the application how much body it takes."""
        self._head -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request has come."""
        self._request_came()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Close the connection; a request that had come before the fault is answered first."""
        unanswered = self._unanswered()
        if unanswered is None or unanswered.more_body:
            super().send_400_response(msg)
        else:
            unanswered.keep_alive = False
            self.flow.pause_reading()

    def _unanswered(self) -> RequestResponseCycle | None:
        cycle = self.cycle
        if cycle is None:  # before the first request, whatever its type says
            return None
        return None if cycle.response_complete else cycle

    def _await_request(self) -> None:
        if self._coming is None:
            within = REQUEST_WITHIN.total_seconds()
            self._coming = self.loop.call_later(within, self.transport.close)

    def _request_came(self) -> None:
        self._head = 0
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None
