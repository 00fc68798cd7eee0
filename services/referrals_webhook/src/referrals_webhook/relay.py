"""The relay: one of many leads, and passes events from the outbox to Kafka."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NoReturn

import attrs

from referrals_adapters.kafka.publisher import ProducerLost
from referrals_adapters.system.exits import REPLACE
from referrals_domain.errors import Unavailable
from referrals_domain.ports.leadership import Leadership
from referrals_domain.use_cases.publish_events import PublishEvents
from referrals_webhook.announce import announce
from referrals_webhook.routine import Routine

MOST_EVENTS: Final = 2_000

_logger: Final = logging.getLogger(__name__)


def end_at_once(reason: str) -> NoReturn:
    """
    End the process without any clean-up, and with it every send that is under way.

    A second producer beside a stuck one would break the order of a referral's events.
    """
    _logger.critical("the relay's process ends, to be replaced", extra={"reason": reason})
    os._exit(REPLACE)


@attrs.define(kw_only=True)
class Relay:
    """
    The relay role; of any number of them one leads and the others wait.

    Args:
        leadership: Who leads.
        publish: Publishes up to so many events, and returns how many were acknowledged.
        drain_within: How long sends have to be decided once told to stop.
        end: Ends the process, because it may no longer send what it has begun to send.
    """

    leadership: Leadership
    publish: PublishEvents
    drain_within: timedelta
    end: Callable[[str], NoReturn] = end_at_once
    _leads: bool = attrs.field(default=False, init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """
        Wait to lead, and lead until told to stop; sends that were begun are finished.

        Raises:
            Unavailable: Nobody could tell who leads.
        """
        term = asyncio.create_task(self._term(stop))
        told = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({term, told}, return_when=asyncio.FIRST_COMPLETED)
            if not self._leads:
                term.cancel()
            _, undecided = await asyncio.wait({term}, timeout=self.drain_within.total_seconds())
            if undecided:
                self.end("events are undecided though it was told to stop")
            if not term.cancelled():
                term.result()
        finally:
            told.cancel()
            term.cancel()

    async def _term(self, stop: asyncio.Event) -> None:
        try:
            async with self.leadership.held():
                self._leads = True
                announce("relay leading")
                await self._lead(stop)
        except Unavailable as error:
            if self._leads:
                self.end(f"it no longer leads: {error}")
            raise

    async def _lead(self, stop: asyncio.Event) -> None:
        work = asyncio.create_task(Routine(name="relay", step=self._publish).run(stop))
        try:
            # When leadership is lost `wait` ends at once, whatever is under way: a statement to
            # a server out of reach takes seconds, and who was frozen must not go on.
            await asyncio.wait({work})
            work.result()
        finally:
            work.cancel()

    async def _publish(self) -> int:
        try:
            return await self.publish(MOST_EVENTS)
        except ProducerLost as error:
            self.end(str(error))
