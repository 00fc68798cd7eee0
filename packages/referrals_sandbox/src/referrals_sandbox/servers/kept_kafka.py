"""A broker of one's own that comes back by itself when it is killed."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs

from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.kafka import Kafka
from referrals_sandbox.servers.ports import answers

_WITHIN = 60.0  # seconds
_PAUSE = 0.02


@attrs.frozen(kw_only=True)
class KeptKafka(Kafka):
    """
    A broker that somebody starts again, on the same port and with its records.

    Args:
        pid_file: Has the id of its process; it is on this machine.
    """

    pid_file: Path

    def down(self) -> None:
        """
        Kill it.

        Raises:
            SandboxError: It may not be killed, or goes on.
        """
        try:
            self._kill(int(self.pid_file.read_text(encoding="ascii")))
        except (OSError, ValueError) as error:
            raise SandboxError(f"cannot kill the broker on {self.address}: {error}") from error
        self._until(lambda: not self._answers(), "goes on")

    def up(self) -> None:
        """
        Wait until it is back.

        Raises:
            SandboxError: Nobody started it again.
        """
        self._until(self._answers, "was not started again")

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):  # it is down already
            process = os.pidfd_open(pid)  # of one process; a number below 1 would name many
            try:
                signal.pidfd_send_signal(process, signal.SIGKILL)
            finally:
                os.close(process)

    def _answers(self) -> bool:
        host, _, port = self.address.rpartition(":")
        return answers(host, int(port))

    def _until(self, look: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _WITHIN
        while not look():
            if time.monotonic() > deadline:
                raise SandboxError(f"the broker on {self.address} {otherwise}")
            time.sleep(_PAUSE)
