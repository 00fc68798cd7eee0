"""Bad weather between a service and a server: what befalls the bytes of connections in use."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

import attrs

from referrals_sandbox.servers.proxy import Cut, Fair

_FEW: Final = 5  # bytes: less than any server answers
_LATE: Final = 0.25  # seconds
_SLOW_CLOSE: Final = 1.0  # seconds


@attrs.define
class Struck:
    """How many connections were in the middle of something when it befell them."""

    connections: int = 0


@attrs.define(eq=False)
class Bad(Fair):
    """
    Weather that counts the connections whose bytes it meets.

    Args:
        struck: The count.
    """

    spoils: ClassVar[bool] = True
    """Whether a connection that it met is of no use afterwards."""

    struck: Struck
    _met: bool = attrs.field(default=False, init=False)

    @property
    def is_spoilt(self) -> bool:
        """Whether the connection must end, now that the weather is over."""
        return self._met and self.spoils

    def meet(self) -> None:
        """Count the connection, once."""
        self.struck.connections += not self._met
        self._met = True


class Latency(Bad):
    """Every request arrives late."""

    spoils: ClassVar[bool] = False

    async def request(self, sent: bytes) -> bytes:
        """Wait first."""
        self.meet()
        await asyncio.sleep(_LATE)
        return sent


class BlackHole(Bad):
    """Requests vanish, and nobody is told."""

    async def request(self, sent: bytes) -> bytes:  # noqa: ARG002 - it vanishes
        """Pass nothing on."""
        self.meet()
        return b""


class Reset(Bad):
    """The next request has the connection reset."""

    async def request(self, sent: bytes) -> bytes:  # noqa: ARG002 - it is lost
        """Reset it."""
        self.meet()
        raise Cut(by_reset=True)


class SlowClose(Bad):
    """The next request is lost with the connection, of which the client hears late."""

    async def request(self, sent: bytes) -> bytes:  # noqa: ARG002 - it is lost
        """End it late."""
        self.meet()
        await asyncio.sleep(_SLOW_CLOSE)
        raise Cut


class CutAnswer(Bad):
    """The next answer breaks off after some bytes, and the connection ends."""

    async def reply(self, sent: bytes) -> bytes:
        """Pass a few bytes on."""
        self.meet()
        raise Cut(sent[:_FEW])


class ReplyLost(Bad):
    """The next request goes through, and its answer is lost with the connection."""

    _is_asked: bool = False

    async def request(self, sent: bytes) -> bytes:
        """Pass it on."""
        self._is_asked = True
        return sent

    async def reply(self, sent: bytes) -> bytes:
        """Lose it, if it answers what was asked meanwhile."""
        if not self._is_asked:
            return sent
        self.meet()
        raise Cut(by_reset=True)


class CommitReplyLost(ReplyLost):
    """The next COMMIT goes through, and nobody is told."""

    async def request(self, sent: bytes) -> bytes:
        """Pass it on, and wait for a COMMIT."""
        self._is_asked = self._is_asked or b"COMMIT" in sent
        return sent
