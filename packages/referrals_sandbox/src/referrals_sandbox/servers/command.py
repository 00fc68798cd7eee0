"""What the supervisor is asked to start."""

import os
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
from attrs import validators

from referrals_sandbox.servers.ports import answers


@attrs.frozen
class LogLine:
    """
    Ready once a whole line of the log matches.

    Args:
        pattern: A regular expression; `^` and `$` are the ends of the line.
    """

    pattern: str

    def find(self, log: str) -> re.Match[str] | None:
        """Return the first match in the whole lines of a log."""
        lines, _, _ = log.rpartition("\n")
        return re.search(self.pattern, lines, re.MULTILINE)

    def __call__(self, log: str) -> bool:
        """Tell whether the log has such a line."""
        return self.find(log) is not None


@attrs.frozen
class OpenPort:
    """
    Ready once something accepts connections.

    Args:
        port: The TCP port.
        host: Its address.
    """

    port: int
    host: str = "127.0.0.1"

    def __call__(self, log: str) -> bool:  # noqa: ARG002 - as LogLine
        """Tell whether the port is open."""
        return answers(self.host, self.port)


@attrs.frozen(kw_only=True)
class Command:
    """
    A program to run as a child of the supervisor.

    Args:
        name: What people call it; also the name of its log. One child of a name runs at a time.
        argv: The program, by its full path, and its arguments.
        environment: Its whole environment; by default that of this process.
        ready: What tells, given its log, that it is ready; without it a started program counts
            as ready.
        within: How long it may take to be ready, in seconds.
        again_on: What its log says if it cannot start yet; it is then tried again.
        unprivileged: Run it under another user's name where this one is root.
        stop_signal: What asks it to end.
        grace: How long it may take to end before it is killed, in seconds.
        advice: What a person can do if it does not come up.
    """

    name: str = attrs.field(validator=validators.matches_re(r"[a-z0-9][a-z0-9-]*"))
    argv: tuple[str | Path, ...] = attrs.field(validator=validators.min_len(1))
    environment: Mapping[str, str] = attrs.field(factory=lambda: dict(os.environ), repr=False)
    ready: Callable[[str], bool] | None = None
    within: float = 15.0
    again_on: str | None = None
    unprivileged: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 3.0
    advice: str = "its last lines tell why"
