"""The relay in a process of its own, seen from the child, which ends when its parent does."""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

from referrals_webhook.__main__ import main

ORPHANED: Final = 76
"""The exit code of a relay whose parent has ended."""


def _end_with_parent() -> None:
    """
    End the process when standard input ends: only the parent holds the other end of that pipe.

    However the parent ends, the kernel closes it. What was sent and not yet deleted is sent
    again by the next relay.
    """
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(ORPHANED)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main(["run", "--role", "relay"])
