"""Whatever a command is at, the first signal ends it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

BUSY = """
import asyncio, sys
from importlib import import_module
from referrals_sandbox.ending import Ended, end_on_signals, run

async def spin():
    while True:
        await asyncio.sleep(0)

async def busy():
    print("busy", flush=True)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(spin())
    finally:
        await asyncio.sleep(0.1)  # in which the second signal comes
        print("tidied up", flush=True)

end_on_signals()
try:
    run(busy(), loop_factory=import_module(sys.argv[1]).new_event_loop)
except Ended as ended:
    sys.exit(ended.exit_code)
"""
WITHIN = 20.0  # seconds


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_what_a_loop_is_at_and_another_does_not_hurry_it(
    loop: str, by: signal.Signals
) -> None:
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", BUSY, loop], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "busy\n"
            process.send_signal(by)
            process.send_signal(by)
            said, _ = process.communicate(timeout=WITHIN)
        finally:
            process.kill()  # if it is still there

    assert (process.returncode, said) == (128 + by, "tidied up\n")
