"""The children of the supervisor: started, watched, signalled and ended."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from referrals_sandbox.servers import linux

_PAUSE = 0.002  # seconds between two looks at who has ended
_NOT_STARTED = 126  # what a shell says of a program that may not be executed


@dataclass(kw_only=True)
class ChildProcess:
    """One child, running or ended."""

    process: subprocess.Popen[bytes]
    stop_signal: int
    grace: float
    exit_code: int | None = None

    def send(self, number: int) -> bool:
        """Send a signal, unless the child has ended."""
        if self.exit_code is None:
            os.kill(self.process.pid, number)  # not reaped, so the number is still its own
        return self.exit_code is None

    def write(self, text: str) -> None:
        """Write to the child's standard input, unless the child has ended."""
        if self.exit_code is None and self.process.stdin is not None:
            self.process.stdin.write(text.encode())

    def ended(self, status: int) -> None:
        """Keep the exit code, negative for a signal, and let go of the child."""
        self.exit_code = self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.stdin is not None:
            self.process.stdin.close()


class Children:
    """
    All children by name, in the order of their start.

    Args:
        folder: Their working directory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: dict[str, ChildProcess] = {}

    def __getitem__(self, name: str) -> ChildProcess:
        return self._children[name]

    def start(  # noqa: PLR0913 - one message, spelled out
        self,
        *,
        name: str,
        argv: list[str],
        environment: dict[str, str],
        log: str,
        unprivileged: bool,
        stop_signal: int,
        grace: float,
    ) -> int:
        """
        Start a child and return its process id.

        Raises:
            ValueError: A child of that name is still running.
            OSError: The program cannot be executed.
        """
        former = self._children.pop(name, None)
        if former is not None and former.exit_code is None:
            self._children[name] = former
            raise ValueError(f"{name} is running already")
        user = linux.unprivileged_user() if unprivileged else None
        supervisor = os.getpid()
        with Path(log).open("ab") as output:
            process = subprocess.Popen(
                argv,
                bufsize=0,
                env=environment,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _prepare(supervisor, user),  # noqa: PLW1509 - no threads here
            )
        self._children[name] = ChildProcess(process=process, stop_signal=stop_signal, grace=grace)
        return process.pid

    def reap(self) -> bool:
        """Note who has ended; tell whether any process is left, adopted ones included."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            for child in self._children.values():
                if child.process.pid == pid and child.exit_code is None:
                    child.ended(status)

    def end_all(self, *, within: float) -> None:
        """Stop every child, the latest first, and kill what is left after `within` seconds."""
        deadline = time.monotonic() + within
        for child in reversed(self._children.values()):
            if self.reap() and child.send(child.stop_signal):
                child.send(signal.SIGCONT)
                self._wait(child, min(deadline, time.monotonic() + child.grace))
        while self.reap():
            for pid in linux.children_of(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            time.sleep(_PAUSE)

    def _wait(self, child: ChildProcess, deadline: float) -> None:
        while child.exit_code is None and time.monotonic() < deadline:
            time.sleep(_PAUSE)
            self.reap()


def _prepare(supervisor: int, user: tuple[int, int] | None) -> None:
    """Run in the child before its program: what goes wrong is written into its log."""
    doing = "enter a user namespace"
    try:
        if user is not None:
            linux.enter_user_namespace(*user)
        doing = "be tied to the supervisor"
        linux.die_with_parent(supervisor)
    except OSError as error:
        os.write(2, f"it may not {doing} here: {error}\n".encode())
        os._exit(_NOT_STARTED)
