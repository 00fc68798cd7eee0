"""
The work directory: one folder a sandbox, locked while its supervisor lives.

The kernel frees the lock with the supervisor. So a folder that can be locked was left by a
supervisor that was killed, and whoever comes by next removes it.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from referrals_sandbox.servers import linux
from referrals_sandbox.servers.errors import SandboxError

_KILLED_WITHIN = 2.0  # seconds
_PAUSE = 0.01


class WorkDir:
    """
    A new folder for the files of one sandbox, for the eyes of its user only.

    Args:
        owner: The process that the sandbox is for; the folder's name begins with it.

    Raises:
        SandboxError: The folder for temporary files is not there or not ours to write.
    """

    def __init__(self, owner: int) -> None:
        with _sandboxes() as parent:
            _remove_ended(parent)
            self.path = Path(tempfile.mkdtemp(prefix=f"{owner}-", dir=parent))
            self._lock = os.open(self.path, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder, and the one above if this was the last sandbox."""
        os.close(self._lock)
        sweep()


def sweep() -> None:
    """Remove what supervisors that were killed have left of their folders."""
    with _sandboxes() as parent:
        _remove_ended(parent)
        if not any(parent.iterdir()):
            parent.rmdir()


@contextmanager
def _sandboxes() -> Iterator[Path]:
    """Hold the lock of the folder that all sandboxes of this user share."""
    path = Path(tempfile.gettempdir(), f"referrals-sandbox-{os.geteuid()}")
    try:
        lock = _locked(path)
    except OSError as error:
        raise SandboxError(
            f"cannot work in {path}: {error.strerror}; "
            f"move it away, or set TMPDIR to a folder that you may write"
        ) from error
    try:
        yield path
    finally:
        os.close(lock)


def _locked(path: Path) -> int:
    while True:
        path.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:  # another sandbox ended and removed it
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_uid != os.geteuid():
            os.close(lock)
            raise PermissionError(0, "it belongs to another user")
        if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
            return lock
        os.close(lock)


def _remove_ended(parent: Path) -> None:
    for folder in parent.iterdir():
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            _wait_for_the_killed(folder)
            _release_shared_memory(folder)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _wait_for_the_killed(folder: Path) -> None:
    """Give the processes of a supervisor that was just killed the time to end."""
    deadline = time.monotonic() + _KILLED_WITHIN
    while linux.works_in(folder) and time.monotonic() < deadline:
        time.sleep(_PAUSE)


def _release_shared_memory(folder: Path) -> None:
    """Remove the segment that a killed PostgreSQL leaves; its pid file, line 7, names it."""
    for pid_file in folder.glob("*/postmaster.pid"):
        lines = pid_file.read_text(encoding="utf-8").splitlines()
        if len(lines) > 6:  # noqa: PLR2004 - see above
            key, identifier = map(int, lines[6].split())
            linux.remove_shared_memory(key, identifier)
