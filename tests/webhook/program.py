"""The real program, `referrals-webhook`, in processes that end with the test."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import attrs

from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command
from referrals_sandbox.servers.supervisor import Supervisor

if TYPE_CHECKING:
    import re
    import signal


@attrs.frozen
class Process:
    """A process of the program; waiting for it lets the test's own servers answer."""

    child: Child

    async def says(self, pattern: str) -> re.Match[str]:
        """Wait for a line of its output."""
        return await asyncio.to_thread(self.child.until_says, pattern)

    async def url(self) -> str:
        """Wait until it listens, and return where."""
        line = await self.says(r"^referrals-webhook http listening on (\S+)$")
        return f"http://{line[1]}"

    async def exit_code(self, *, within: float = 15.0) -> int:
        """Wait until it ends."""
        return await asyncio.to_thread(self.child.wait, within)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.child.signal(number)


@attrs.frozen(kw_only=True)
class Program:
    """
    Starts the program, or what stands in for it.

    Args:
        supervisor: Who runs the processes.
        environment: Their settings.
    """

    supervisor: Supervisor
    environment: Mapping[str, str] = attrs.field(repr=False)
    _started: list[Child] = attrs.field(factory=list, init=False)

    def start(self, *words: str, module: str = "referrals_webhook", **changes: str) -> Process:
        """Start a process, without waiting until it is ready."""
        argv: Any = (sys.executable, "-P", "-m", module, *words)
        child = self.supervisor.launch(
            Command(
                name=f"webhook-{uuid4().hex[:8]}",
                argv=argv,
                environment={**self.environment, **changes},
            )
        )
        self._started.append(child)
        return Process(child)

    def end(self) -> None:
        """Kill whatever still runs."""
        for child in self._started:
            if child.exit_code is None:
                child.kill()
