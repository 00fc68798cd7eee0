"""How the kernel shares CPUs among processes."""

from __future__ import annotations

import os
from contextlib import suppress


def run_in_batches() -> None:
    """
    Have this process, and the children that it starts from now on, finish before others take over.

    Under SCHED_BATCH, see sched(7), who wakes up does not interrupt who runs. A request wakes a
    loop, the loop a database, the database the loop: with fewer changes between them each gets
    more done in its turn. Where there is no such policy, or it may not be set, nothing changes.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
