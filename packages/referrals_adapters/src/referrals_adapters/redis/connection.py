"""A connection to Redis on which much is asked at a time."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from redis.exceptions import NoScriptError, ReadOnlyError, ResponseError

from referrals_adapters.redis.client import CONNECT_WITHIN
from referrals_adapters.wire.renewing import encrypting
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from referrals_adapters.redis.commands import Answer, Argument
    from referrals_adapters.redis.settings import RedisSettings

_LOST_AFTER: Final = 0.5  # seconds after an answer was due; until then the server may just be slow
_END: Final = b"\r\n"
_WELCOME: Final = b"+OK"
_TEXT, _NUMBER, _ERROR = b"$:-"  # how answers begin; see the Redis serialization protocol
_ERRORS: Final = {b"NOSCRIPT": NoScriptError, b"READONLY": ReadOnlyError}


class Connection(asyncio.Protocol):
    """
    One connection, from before it is made until it is lost.

    Answers come in the order of the questions. So whoever gives up stays in the line, and the
    answer that comes late goes to nobody.
    """

    def __init__(self, settings: RedisSettings) -> None:
        self.is_lost = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._unsent: list[bytes] = []
        self._line: deque[_Asked] = deque()
        self._rest = b""
        self._login = _login(settings)
        self._is_known = not self._login
        self._look_at = math.inf
        self._looking: asyncio.TimerHandle | None = None
        self._closed = self._loop.create_future()
        self._making = self._loop.create_task(self._make(settings))

    def ask(self, question: bytes, within: float) -> asyncio.Future[Answer]:
        """Send a question with the next write; its answer is no list."""
        if self._transport and not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(question)
        asked = _Asked(self._loop.create_future(), self._loop.time() + within)
        self._line.append(asked)
        if asked.until < self._look_at:
            self._look_again(asked.until)
        return asked.answer

    async def close(self) -> None:
        """Lose it, and return once it is closed."""
        self._lose()
        await asyncio.wait({self._making})
        if self._transport:
            await self._closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what was asked meanwhile."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._login)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Give each whole answer to who asked."""
        data, at = self._rest + data, 0
        while (end := data.find(_END, at)) >= 0:
            kind, said, after = data[at], data[at + 1 : end], end + len(_END)
            answer: Answer | ResponseError = None
            if kind == _TEXT and (size := int(said)) >= 0:
                begin, after = after, after + size + len(_END)
                if after > len(data):
                    break
                answer = data[begin : begin + size]
            elif kind == _NUMBER:
                answer = int(said)
            elif kind == _ERROR and self._is_known:
                answer = _error_of(said)
            elif not self._is_known and data[at:end] == _WELCOME:
                self._is_known, at = True, after
                continue
            elif kind != _TEXT:  # who is it, or who are we
                self._lose()
                return
            self._line.popleft().end(answer)
            at = after
        self._rest = data[at:]

    def connection_lost(self, _: Exception | None) -> None:
        """Leave nobody waiting."""
        self._lose()
        self._closed.set_result(None)

    async def _make(self, settings: RedisSettings) -> None:
        context = encrypting(settings.tls) if settings.tls else None
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await self._loop.create_connection(
                    lambda: self, settings.host, settings.port, ssl=context
                )
        except OSError:  # a timeout and a failed handshake are such, too
            self._lose()

    def _send(self) -> None:
        if self._transport and self._unsent:
            self._transport.write(b"".join(self._unsent))
            self._unsent.clear()

    def _look_again(self, at: float) -> None:
        if self._looking:
            self._looking.cancel()
        self._look_at = at
        self._looking = None if at == math.inf else self._loop.call_at(at, self._look)

    def _look(self) -> None:
        """Tell those whose time is up, and come again when that of the next is."""
        now = self._loop.time()
        waiting = [asked for asked in self._line if not asked.answer.done()]
        for asked in waiting:
            if asked.until <= now:
                asked.fail(TimeoutError("Redis does not answer in time"))
        self._look_again(min((one.until for one in waiting if one.until > now), default=math.inf))
        if self._transport and self._line and self._line[0].until + _LOST_AFTER <= now:
            self._lose()

    def _lose(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        if self._transport:
            self._transport.abort()
        else:
            self._making.cancel()
        self._look_again(math.inf)
        for asked in self._line:
            asked.fail(Unavailable("Redis does not answer"))


def packed(*words: Argument) -> bytes:
    """Return a question of these words, as the Redis serialization protocol has it."""
    encoded = [one if isinstance(one, bytes) else str(one).encode() for one in words]
    parts = [b"$%d\r\n%b\r\n" % (len(one), one) for one in encoded]
    return b"".join((b"*%d\r\n" % len(parts), *parts))


def _login(settings: RedisSettings) -> bytes:
    """Return what says who we are, before all questions; nothing if nobody wants to know."""
    return packed("AUTH", settings.password.revealed()) if settings.password else b""


def _error_of(said: bytes) -> ResponseError:
    """Return an error of Redis's, without what it says in detail."""
    code = said.partition(b" ")[0]
    return _ERRORS.get(code, ResponseError)(code.decode(errors="replace"))


class _Asked(NamedTuple):
    answer: asyncio.Future[Answer]
    until: float

    def end(self, answer: Answer | ResponseError) -> None:
        if isinstance(answer, ResponseError):
            self.fail(answer)
        elif not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
