"""Finding a running sandbox, in the folders of those of this user."""

import fcntl
import os
import tempfile
from pathlib import Path

from referrals_sandbox.composition.description import Description
from referrals_sandbox.servers.errors import SandboxError

FILE_NAME = "sandbox.json"
"""The description's name in a sandbox's work directory."""


def newest() -> Description:
    """
    Return the sandbox that was started last.

    Raises:
        SandboxError: None is running.
    """
    folder = Path(tempfile.gettempdir(), f"referrals-sandbox-{os.geteuid()}")
    for path in sorted(folder.glob(f"*/{FILE_NAME}"), key=_written_at, reverse=True):
        if _is_running(path.parent):
            return Description.read(path)
    raise SandboxError("no sandbox is running; start one with `uv run referrals-sandbox`")


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it has just ended
        return 0


def _is_running(work_dir: Path) -> bool:
    """Tell whether a supervisor still holds the lock of its folder."""
    try:
        folder = os.open(work_dir, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(folder)
