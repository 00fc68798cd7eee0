"""The owner's side of the supervisor."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from referrals_sandbox.servers.channel import Channel
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.work_dir import sweep


@attrs.frozen(kw_only=True, eq=False)
class Supervisor:
    """
    Starts processes that end when this one ends.

    Args:
        pid: The supervisor's process id.
        work_dir: The folder for files of the sandbox; it is removed with everything in it.
    """

    pid: int
    work_dir: Path
    _channel: Channel = attrs.field(repr=False)
    _children: dict[str, Child] = attrs.field(factory=dict, init=False, repr=False)

    def launch(self, command: Command) -> Child:
        """
        Start a child without waiting until it is ready.

        Raises:
            SandboxError: A child of that name runs, or the program cannot be executed.
        """
        log = self.work_dir / f"{command.name}.log"
        child = Child(command=command, log=log, channel=self._channel)
        child.launch()
        self._children[command.name] = child
        return child

    def start(self, command: Command) -> Child:
        """
        Start a child and wait until it is ready.

        Raises:
            SandboxError: It ended, or was not ready in time; `log` has its last lines.
        """
        child = self.launch(command)
        child.until_ready()
        return child

    def run(self, command: Command) -> Child:
        """
        Run a program to its end.

        Raises:
            SandboxError: It failed, or took too long; `log` has its last lines.
        """
        child = self.launch(command)
        child.until_done()
        return child

    def children(self) -> tuple[Child, ...]:
        """Return the children started so far, the latest of each name."""
        return tuple(self._children.values())


@contextmanager
def supervising() -> Iterator[Supervisor]:
    """
    Run a supervisor; at the end stop its children and remove its work directory.

    Raises:
        SandboxError: The work directory cannot be made, or this is not Linux.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError("the sandbox needs Linux; run it in a container or a virtual machine")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "referrals_sandbox.servers.supervisor_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # so that Ctrl-C reaches its owner only, who then ends it
    )
    try:
        channel = Channel(process)
        try:
            yield Supervisor(pid=process.pid, work_dir=Path(channel.work_dir), channel=channel)
        finally:
            channel.close()
    finally:
        _leave(process)


def _leave(process: subprocess.Popen[bytes]) -> None:
    # Not by `with process`, which after Ctrl-C waits for a quarter of a second only.
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    if process.wait() < 0:
        sweep()  # it was killed, and the kernel has killed its children
