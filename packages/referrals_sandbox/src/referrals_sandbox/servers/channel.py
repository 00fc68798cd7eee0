"""The line between the process that owns a sandbox and its supervisor."""

import json
import subprocess
import threading
from contextlib import suppress
from typing import Any, cast

from referrals_sandbox.servers.errors import SandboxError


class Channel:
    """
    Requests to the supervisor, each answered at once; any thread may ask.

    Args:
        supervisor: Its process, with pipes for standard input and output.

    Raises:
        SandboxError: The supervisor could not begin.
    """

    def __init__(self, supervisor: subprocess.Popen[bytes]) -> None:
        if supervisor.stdin is None or supervisor.stdout is None:
            raise ValueError("the supervisor needs pipes")
        self._requests = supervisor.stdin
        self._answers = supervisor.stdout
        self._lock = threading.Lock()
        self._number = 0
        self.work_dir = str(self._answer()["work_dir"])

    def ask(self, wish: str, **wanted: object) -> dict[str, Any]:
        """
        Ask for something and return the answer.

        Raises:
            SandboxError: The supervisor cannot do it, or has ended.
        """
        with self._lock:
            self._number += 1
            request = {"number": self._number, "wish": wish, **wanted}
            try:
                self._requests.write(json.dumps(request).encode() + b"\n")
                self._requests.flush()
            except (OSError, ValueError) as error:
                raise _gone() from error
            return self._answer()

    def close(self) -> None:
        """Have the supervisor end; it needs some time for that."""
        with suppress(SandboxError):
            self.ask("end")

    def _answer(self) -> dict[str, Any]:
        while True:
            line = self._answers.readline()
            if not line:
                raise _gone()
            answer = cast("dict[str, Any]", json.loads(line))
            if answer["number"] != self._number:  # a request that Ctrl-C cut short
                continue
            if "error" in answer:
                raise SandboxError(answer["error"])
            return answer


def _gone() -> SandboxError:
    return SandboxError("the sandbox's supervisor has ended; start the sandbox again")
