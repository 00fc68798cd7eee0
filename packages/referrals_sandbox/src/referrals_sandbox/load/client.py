"""
HTTP as one device speaks it: a connection of its own, from an address of its own.

The gateway lets an address call so often and no more, and thousands of advocates do not share
one. Plain sockets, so that they wait as locust has them wait.
"""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WITHIN: Final = 10.0  # seconds
_ADDRESSES: Final = 64
_OK: Final = 200


class Answer(NamedTuple):
    """What came back."""

    body: bytes
    location: str


class CallFailed(Exception):
    """A call was not answered, or not as it must be."""


class Told(Protocol):
    """Who hears of each call."""

    def __call__(self, step: str, seconds: float, error: CallFailed | None) -> None:
        """Hear how long a step took, and what was wrong with it."""


class Client(Protocol):
    """What a device can do."""

    def get(self, step: str, path: str, headers: Mapping[str, str], *, expected: int) -> Answer:
        """
        Get a page.

        Raises:
            CallFailed: It was not answered as expected.
        """

    def post(self, step: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """
        Post, and have it answered 200.

        Raises:
            CallFailed: It was not.
        """


@attrs.define
class Device(Client):
    """
    A device before the gateway.

    Args:
        gateway: The gateway, as `host:port`.
        number: Its number, by which it has one of 64 addresses.
        told: Who hears of each call.
    """

    gateway: str
    number: int
    told: Told
    _connection: HTTPConnection = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        host, _, port = self.gateway.rpartition(":")
        source = f"127.0.1.{1 + self.number % _ADDRESSES}" if host == "127.0.0.1" else ""
        self._connection = HTTPConnection(
            host, int(port), timeout=_WITHIN, source_address=(source, 0)
        )

    def get(self, step: str, path: str, headers: Mapping[str, str], *, expected: int) -> Answer:
        """Get a page."""
        return self._timed(step, expected, lambda: self._ask("GET", path, None, headers))

    def post(self, step: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post, and have it answered 200."""
        return self._timed(step, _OK, lambda: self._ask("POST", path, body, headers))

    def _timed(self, step: str, expected: int, ask: Callable[[], tuple[int, Answer]]) -> Answer:
        began = time.perf_counter()
        failed, answer = None, Answer(b"", "")
        try:
            status, answer = ask()
        except (OSError, HTTPException) as error:
            self._connection.close()
            failed = CallFailed(f"{step} was not answered: {type(error).__name__} {error}")
        else:
            if status != expected:
                failed = CallFailed(f"{step} was answered {status}: {answer.body[:200]!r}")
        self.told(step, time.perf_counter() - began, failed)
        if failed:
            raise failed
        return answer

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, Answer]:
        self._connection.request(method, path, body, dict(headers))
        response = self._connection.getresponse()
        return response.status, Answer(response.read(), response.headers.get("Location", ""))
