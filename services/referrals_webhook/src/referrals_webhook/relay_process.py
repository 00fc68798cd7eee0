"""The relay in a process of its own, seen from the parent: started, and started again."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from referrals_webhook.routine import WHEN_AWAY
from referrals_webhook.stopping import sleep_unless

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Mapping
    from datetime import timedelta

_PROGRAM: Final = ("-P", "-m", "referrals_webhook.relay_child")
_SETTLED: Final = 30.0  # seconds that a process must live for its predecessors to be forgotten

_logger: Final = logging.getLogger(__name__)


async def keep_relay_running(
    stop: asyncio.Event,
    *,
    environment: Mapping[str, str],
    end_within: timedelta,
    when_ended: Callable[[int], timedelta] = WHEN_AWAY,
) -> None:
    """
    Run the relay as a child until told to stop.

    Args:
        stop: Tells to stop; the child is told in turn.
        environment: The child's environment.
        end_within: How long the child may take to finish before it is killed.
        when_ended: How long to wait before another is started, after so many short lives.
    """
    clock = asyncio.get_running_loop().time
    short_lives = 0
    while not stop.is_set():
        began = clock()
        code = await _run_once(stop, environment, end_within)
        if stop.is_set():
            return
        short_lives = 0 if clock() - began > _SETTLED else short_lives + 1
        pause = when_ended(short_lives)
        _logger.error("the relay ended; another is started", extra={"exit_code": code})
        await sleep_unless(stop, pause)


async def _run_once(
    stop: asyncio.Event, environment: Mapping[str, str], end_within: timedelta
) -> int:
    """Start a child, wait until it ends or is to be ended, and return its exit code."""
    # It ends when its standard input does: see relay_child. A session of its own keeps Ctrl-C
    # from it, so that it hears of the end once, from us.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *_PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    waits = [asyncio.create_task(child.wait()), asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        code = await _end(child, end_within)
        for wait in waits:
            wait.cancel()
    return code


async def _end(child: Process, within: timedelta) -> int:
    """Ask the child to end if it has not, kill it if it does not, and return its exit code."""
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await child.wait()
    except TimeoutError:
        _logger.warning("the relay did not end in time, and is killed")
        child.kill()
        return await child.wait()
