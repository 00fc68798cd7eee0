"""A server, service or neighbour that the supervisor runs."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

from referrals_sandbox.servers.channel import Channel
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.errors import SandboxError

_PAUSE = 0.005  # seconds between two looks
_TAIL = 20


@attrs.define(kw_only=True, eq=False)
class Child:
    """
    A child of the supervisor. Calls block; each may come from any thread.

    Args:
        command: What it runs.
        log: Where its standard output and error go; a restart appends.
    """

    command: Command = attrs.field(repr=lambda command: repr(command.name))
    log: Path
    _channel: Channel = attrs.field(repr=False)
    _pid: int = 0
    _log_start: int = attrs.field(default=0, repr=False)

    @property
    def pid(self) -> int:
        """The process id of the latest start."""
        return self._pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, else its exit code; `-9` means that signal 9 ended it."""
        code: int | None = self._channel.ask("look", name=self.command.name)["exit_code"]
        return code

    @property
    def log_text(self) -> str:
        """What it has written since its latest start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def launch(self) -> None:
        """
        Start it, or start it again after it ended, without waiting for it.

        Raises:
            SandboxError: It runs already, or its program cannot be executed.
        """
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._pid = self._channel.ask(
            "start",
            name=self.command.name,
            argv=[str(word) for word in self.command.argv],
            environment=dict(self.command.environment),
            log=str(self.log),
            unprivileged=self.command.unprivileged,
            stop_signal=self.command.stop_signal,
            grace=self.command.grace,
        )["pid"]

    def start(self) -> None:
        """
        Start it, or start it again after it ended, and wait until it is ready.

        Raises:
            SandboxError: It ended, or was not ready in time.
        """
        self.launch()
        self.until_ready()

    def until_ready(self) -> None:
        """
        Wait until it is ready.

        Raises:
            SandboxError: It ended, or was not ready in time.
        """
        for exit_code in self._looks(self.command.within):
            if exit_code is not None and not self._says(self.command.again_on):
                raise self._failure(f"ended with exit code {exit_code} before it was ready")
            if exit_code is not None:
                self.launch()
            elif self.command.ready is None or self.command.ready(self.log_text):
                return
        raise self._failure(f"was not ready within {self.command.within:g} s")

    def until_done(self) -> None:
        """
        Wait until it ends well.

        Raises:
            SandboxError: It ended with another exit code than 0, or took too long.
        """
        exit_code = self.wait(self.command.within)
        if exit_code != 0:
            raise self._failure(f"failed with exit code {exit_code}")

    def wait(self, within: float) -> int:
        """
        Wait until it ends, and return its exit code.

        Raises:
            SandboxError: It still runs after `within` seconds.
        """
        for exit_code in self._looks(within):
            if exit_code is not None:
                return exit_code
        raise self._failure(f"did not end within {within:g} s")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended: `SIGKILL`, `SIGSTOP`, `SIGCONT`..."""
        self._channel.ask("signal", name=self.command.name, signal=number)

    def stop(self) -> int:
        """Ask it to end, kill it after its grace if it has not, and return its exit code."""
        self.signal(self.command.stop_signal)
        self.signal(signal.SIGCONT)
        try:
            return self.wait(self.command.grace)
        except SandboxError:
            return self.kill()

    def kill(self) -> int:
        """Kill it, and return its exit code once it has ended."""
        self.signal(signal.SIGKILL)
        return self.wait(self.command.within)

    def write(self, text: str) -> None:
        """Write to its standard input."""
        self._channel.ask("write", name=self.command.name, text=text)

    def until_says(self, pattern: str, *, after: int = 0, within: float = 15.0) -> re.Match[str]:
        """
        Wait until a whole line of its log matches, and return the match.

        Args:
            pattern: A regular expression; `^` and `$` are the ends of the line.
            after: How many characters of `log_text` do not count.
            within: How long to wait, in seconds.

        Raises:
            SandboxError: It ended without saying so, or did not say so in time.
        """
        for exit_code in self._looks(within):
            match = LogLine(pattern).find(self.log_text[after:])
            if match is not None:
                return match
            if exit_code is not None:
                raise self._failure(f"ended with exit code {exit_code}")
        raise self._failure(f"did not say {pattern!r} within {within:g} s")

    def log_tail(self, lines: int = _TAIL) -> str:
        """Return the last lines that it has written since its latest start."""
        return "\n".join(self.log_text.splitlines()[-lines:])

    def _looks(self, within: float) -> Iterator[int | None]:
        """Yield the exit code time and again, for `within` seconds."""
        deadline = time.monotonic() + within
        while True:
            yield self.exit_code
            if time.monotonic() > deadline:
                return
            time.sleep(_PAUSE)

    def _says(self, text: str | None) -> bool:
        return text is not None and text in self.log_text

    def _failure(self, happened: str) -> SandboxError:
        tail = self.log_tail()
        last = tail.rpartition("\n")[2].strip()
        said = f" ({last})" if last else ""
        return SandboxError(
            f"{self.command.name} {happened}{said}; {self.command.advice}", log=tail
        )
