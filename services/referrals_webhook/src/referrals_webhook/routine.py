"""A step that is done again and again, whatever happens to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import attrs

from referrals_adapters.flow.backoff import Backoff
from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_webhook.stopping import sleep_unless

WHEN_IDLE: Final = Backoff(first=timedelta(milliseconds=50), cap=timedelta(milliseconds=500))
WHEN_AWAY: Final = Backoff(first=timedelta(milliseconds=250), cap=timedelta(seconds=2))
REFUSED_PAUSE: Final = timedelta(seconds=30)
"""How long to wait when our own token is refused: only a person can mend that."""

_logger: Final = logging.getLogger(__name__)


@attrs.define(kw_only=True)
class Routine:
    """
    A step that is done back to back while it finds work, and now and then while it finds none.

    It outlives every error: a server that is away is tried again and again, and named in the log
    once when it goes and once when it is back; what nobody foresaw is logged with its trace.

    Args:
        name: What the log calls it.
        step: Does some work, and returns how much it found.
        when_idle: How long to wait after so many steps that found nothing.
        when_away: How long to wait after so many steps that failed.
        at_once: How many steps may be under way at a time.
    """

    name: str
    step: Callable[[], Awaitable[int]]
    when_idle: Callable[[int], timedelta] = WHEN_IDLE
    when_away: Callable[[int], timedelta] = WHEN_AWAY
    at_once: int = 1
    _idle: int = attrs.field(default=0, init=False)
    _failed: int = attrs.field(default=0, init=False)
    _refused_until: float = attrs.field(default=0.0, init=False)  # by the loop's clock

    async def run(self, stop: asyncio.Event) -> None:
        """
        Do the step until told to stop; a step that was begun is finished.

        The first is done alone, lest several at once begin what nobody can end now.
        """
        if not stop.is_set():
            await self._go(stop)
        await asyncio.gather(*(self._go_on(stop) for _ in range(self.at_once)))

    async def _go_on(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._go(stop)

    async def _go(self, stop: asyncio.Event) -> None:
        pause = timedelta(seconds=self._refused_until - asyncio.get_running_loop().time())
        if pause <= timedelta(0):
            pause = await self._do()
        if pause:
            await sleep_unless(stop, pause)

    async def _do(self) -> timedelta:
        """Do the step once, and return how long to wait before the next."""
        try:
            found = await self.step()
        except Unavailable as error:
            if self._failed == 0:
                _logger.warning("it waits, and tries again", extra=self._about(error))
            return self._pause_after_failure()
        except Unauthenticated as error:
            _logger.error("it is stuck", extra=self._about(error))  # noqa: TRY400 - no trace needed
            now = asyncio.get_running_loop().time()
            self._refused_until = now + REFUSED_PAUSE.total_seconds()
            return REFUSED_PAUSE
        except Exception:
            _logger.exception("it failed, and goes on", extra={"routine": self.name})
            return self._pause_after_failure()
        return self._pause_after_success(found)

    def _about(self, error: Exception) -> dict[str, str]:
        return {"routine": self.name, "reason": str(error)}

    def _pause_after_failure(self) -> timedelta:
        self._failed += 1
        return self.when_away(self._failed)

    def _pause_after_success(self, found: int) -> timedelta:
        if self._failed:
            _logger.info("it goes on", extra={"routine": self.name, "attempts": self._failed})
            self._failed = 0
        self._idle = 0 if found else self._idle + 1
        return self.when_idle(self._idle) if self._idle else timedelta(0)
