"""What whoever started the process waits to read."""

from __future__ import annotations

import sys


def announce(line: str) -> None:
    """Write one line to standard output, at once."""
    sys.stdout.write(f"referrals-webhook {line}\n")
    sys.stdout.flush()
