"""What processes spend, and on which CPUs they run."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from referrals_sandbox.servers import linux

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TICKS: Final = os.sysconf("SC_CLK_TCK")  # a second
_SPENT: Final = slice(11, 15)  # utime, stime, cutime, cstime; see proc_pid_stat(5)


def spent(pids: Iterable[int]) -> dict[int, float]:
    """Return the CPU seconds of processes, each with its children, those that ended included."""
    ticks = {pid: _ticks(pid) for pid in pids}
    for child, parent in linux.parents().items():
        if parent in ticks:
            ticks[parent] += _ticks(child)
    return {pid: number / _TICKS for pid, number in ticks.items()}


@contextmanager
def pinned(places: Mapping[int, int]) -> Iterator[None]:
    """Run each process, and its children, on one CPU within the block."""
    everywhere = os.sched_getaffinity(0)
    try:
        for pid, cpu in places.items():
            _place(pid, {cpu})
        yield
    finally:
        for pid in places:
            _place(pid, everywhere)


def _ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it has ended, and its parent answers for it
        return 0
    return sum(map(int, stat.rpartition(")")[2].split()[_SPENT]))


def _place(pid: int, cpus: set[int]) -> None:
    children = linux.children_of(pid) if pid != os.getpid() else []
    for one in (pid, *children):
        with suppress(OSError):  # it has ended
            for thread in Path(f"/proc/{one}/task").iterdir():
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread.name), cpus)
