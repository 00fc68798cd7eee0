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
            with suppress(ProcessLookupError):
                os.kill(int(self.pid_file.read_text(encoding="ascii")), signal.SIGKILL)
        except (OSError, ValueError) as error:
            raise SandboxError(
                f"the broker of {self.pid_file} cannot be killed: {error}"
            ) from error
        self._until(lambda: not self._answers(), "goes on")

    def up(self) -> None:
        """
        Wait until it is back.

        Raises:
            SandboxError: Nobody started it again.
        """
        self._until(self._answers, "was not started again")

    def _answers(self) -> bool:
        host, _, port = self.address.rpartition(":")
        return answers(host, int(port))

    def _until(self, look: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _WITHIN
        while not look():
            if time.monotonic() > deadline:
                raise SandboxError(f"the broker of {self.pid_file} {otherwise}")
            time.sleep(_PAUSE)
