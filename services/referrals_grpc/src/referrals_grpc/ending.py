"""How a process of the service is told to stop, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, Final

import uvloop

from referrals_adapters.system.exits import ADVICE, reported
from referrals_adapters.system.scheduling import run_in_batches
from referrals_adapters.telemetry.logs import set_up_logs
from referrals_grpc.command_line import PROGRAM
from referrals_grpc.settings import log_settings

if TYPE_CHECKING:
    from collections.abc import Coroutine

GRACE: Final = 10.0
"""How many seconds calls that are under way have to finish once the service is told to stop."""


class ProcessEnded(Exception):
    """A process ended that was to serve on; the text is one line for a person."""


def told_to_stop() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """
    Do the work of a process.

    Raises:
        SystemExit: Something is wrong with the settings or the address, or another process ended.
    """
    with reported(PROGRAM, {**ADVICE, ProcessEnded: "its log tells why; start it again"}):
        set_up_logs(log_settings())
        run_in_batches()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
