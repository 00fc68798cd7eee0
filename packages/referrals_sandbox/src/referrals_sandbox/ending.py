"""Ending on a signal, and with the `uv run` that started the command."""

import asyncio
import os
import select
import signal
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """
    Somebody wants the command to end.

    Args:
        number: The signal that said so.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number  # as shells tell it


def end_on_signals() -> None:
    """Raise `Ended` on the first Ctrl-C, SIGTERM or SIGHUP; what follows does not hurry it."""
    for number in _heard():
        signal.signal(number, _end)


def run(
    work: Coroutine[Any, Any, T],
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """
    Run a coroutine as `asyncio.run` does, and cancel it on the first signal.

    A loop keeps what is raised in the middle of a callback to itself, or gives it to some task.

    Args:
        work: The coroutine.
        loop_factory: Makes the loop, if it is to be another than asyncio's.

    Raises:
        Ended: Somebody ended it; it was cancelled, and came to its end.
    """
    told: list[int] = []
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(_cancelled_on_signals(work, told))
    except BaseException:  # what is cancelled may fail by it, in any way: the signal is the reason
        if told:
            raise Ended(told[0]) from None
        raise
    finally:
        if not told:
            end_on_signals()


async def _cancelled_on_signals(work: Coroutine[Any, Any, T], told: list[int]) -> T:
    """Do the work until told otherwise, and note by which signal."""
    loop, doing = asyncio.get_running_loop(), asyncio.ensure_future(work)

    def end(number: int, _: FrameType | None) -> None:
        _hear_no_more()
        told.append(number)
        loop.call_soon_threadsafe(doing.cancel)

    for number in _heard():
        signal.signal(number, end)
    return await doing


def end_with_uv() -> None:
    """Have SIGTERM come when `uv run` is killed: it cannot pass SIGKILL on."""
    parent = os.getppid()
    try:
        if Path(f"/proc/{parent}/comm").read_text(encoding="utf-8").strip() != "uv":
            return
        uv = os.pidfd_open(parent)
    except OSError:  # it has ended already, or there is no /proc
        return
    threading.Thread(target=_end_after, args=(uv,), daemon=True).start()


def _end(number: int, _: FrameType | None) -> None:
    _hear_no_more()
    raise Ended(number)


def _heard() -> list[signal.Signals]:
    """Return which signals end a command: with nohup not the end of its terminal."""
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [one for one in _SIGNALS if one != signal.SIGHUP or not ignored]


def _hear_no_more() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end_after(process: int) -> None:
    select.select([process], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
