"""Ending on a signal, and with the `uv run` that started the command."""

import os
import select
import signal
import threading
from pathlib import Path
from types import FrameType

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
    for number in _SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _end)


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
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Ended(number)


def _end_after(process: int) -> None:
    select.select([process], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
