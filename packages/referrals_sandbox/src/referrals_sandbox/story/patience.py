"""Waiting for what other processes do in their own time."""

import time
from collections.abc import Callable
from typing import TypeVar

from referrals_sandbox.servers.errors import SandboxError

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds within which everything that follows from an order has happened, on a busy machine."""

_PAUSE = 0.02  # seconds between two looks


def until(look: Callable[[], T | None], *, otherwise: str, within: float = PATIENCE) -> T:
    """
    Look time and again until there is something to see, and return it.

    Args:
        look: Returns None while there is nothing.
        otherwise: What did not happen, for a person.
        within: How long to look, in seconds.

    Raises:
        SandboxError: There was nothing within that time.
    """
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen is not None:
            return seen
        if time.monotonic() > deadline:
            raise SandboxError(f"{otherwise} within {within:g} s")
        time.sleep(_PAUSE)
