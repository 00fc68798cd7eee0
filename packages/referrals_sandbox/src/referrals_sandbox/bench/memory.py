"""The memory of a process and its children, in MB of 10^6 bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from referrals_sandbox.servers import linux

_KB: Final = 1024  # bytes in what Linux calls a kB
_MB: Final = 1e6


def resident(pid: int) -> float:
    """Return what they have in memory; what processes share counts for each of them."""
    return _of_all("VmRSS", pid)


def proportional(pid: int) -> float:
    """Return the same, of which what processes share counts in equal parts for each of them."""
    return _of_all("Pss", pid, "smaps_rollup")


def peak(pid: int) -> float:
    """Return the most that each has ever had, added up."""
    return _of_all("VmHWM", pid)


def resident_by(status: str) -> float:
    """Return what a process has in memory by what its `/proc/PID/status` says."""
    return _found("VmRSS", status) * _KB / _MB


def _of_all(field: str, pid: int, file: str = "status") -> float:
    return sum(_read(field, one, file) for one in (pid, *linux.children_of(pid))) * _KB / _MB


def _read(field: str, pid: int, file: str) -> int:
    try:
        status = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it has ended
        return 0
    return _found(field, status)


def _found(field: str, status: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0  # none: it has ended, and nobody has asked how
