"""The command `referrals-sandbox` in a process of its own, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.composition.description import Description
from referrals_sandbox.servers import linux

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator

SAMPLE = Path(__file__).parents[1] / "shopify" / "orders_create.json"
REFUND = SAMPLE.with_name("refunds_create.json")

STARTS_WITHIN = 50.0
ENDS_WITHIN = 10.0


@attrs.frozen
class Cli:
    """
    The command.

    Args:
        temp: Its folder for temporary files.
    """

    temp: Path

    @property
    def described(self) -> Path:
        """What a sandbox that this started writes its description into."""
        return self.temp / "described.json"

    def run(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(  # noqa: S603 - this very interpreter
            self._argv(words),
            env={**self._environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def running(self, *, under: Path | None = None) -> Iterator[Running]:
        """Run a sandbox, below another program if wished, for the length of the block."""
        argv = self._argv(["--describe", self.described])
        with subprocess.Popen(  # noqa: S603 - this very interpreter
            [str(under), *argv] if under else argv,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield Running(process, self)
            finally:
                process.kill()

    def _argv(self, words: object) -> list[str]:
        assert isinstance(words, (list, tuple))
        return [sys.executable, "-P", "-m", "referrals_sandbox", *map(str, words)]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.temp)}


@attrs.frozen
class Running:
    """
    A running sandbox, and all that must be gone after it.

    Args:
        process: The command, or the program above it.
        cli: Who started it.
    """

    process: subprocess.Popen[str]
    cli: Cli

    def description(self) -> Description:
        """Wait until the story has held."""
        until(self.cli.described.exists, within=STARTS_WITHIN)
        return Description.read(self.cli.described)

    def until_it_starts_services(self) -> None:
        """Wait until the servers are up and the first programs run on them."""
        until(lambda: list(self.cli.temp.glob("*/*/migrate.log")), within=STARTS_WITHIN)

    def end(self, by: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(by)
        return self.process.wait(ENDS_WITHIN)

    def descendants(self) -> dict[int, str]:
        """Return every process below, with its time of birth."""
        return {pid: birth for pid in _below(self.process.pid) if (birth := _born(pid))}

    def remains(self, processes: dict[int, str]) -> list[object]:
        """Return which of these processes are left, and the sandbox's folder."""
        alive = [pid for pid, birth in processes.items() if _born(pid) == birth]
        return [*alive, *self.cli.temp.glob("referrals-sandbox-*")]


def until(look: Callable[[], object], *, within: float) -> None:
    """Look time and again until there is something to see."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline, f"nothing within {within:g} s"
        time.sleep(0.02)


def _below(pid: int) -> list[int]:
    children = linux.children_of(pid)
    return children + [below for child in children for below in _below(child)]


def _born(pid: int) -> str:
    """Return when a process began, which tells it from a later one of its number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]
