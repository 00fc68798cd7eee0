"""
What a fault is.

Each strikes where work is under way, lasts for some seconds, and mends what it broke. It tells
whether it hit anything: a process that died idle proves nothing, and is not counted.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from referrals_sandbox.chaos.scene import InFlight

TRIES: Final = 50
BETWEEN_TRIES: Final = 0.02  # seconds


class Fault(Protocol):
    """Something that goes wrong for some seconds."""

    name: str
    """What kind of fault it is."""

    target: str
    """What it befalls: one fault at a time."""

    @abstractmethod
    async def strike(self, seconds: float) -> bool:
        """Strike, mend it after so many seconds, and tell whether work under way was hit."""


async def under_way(in_flight: InFlight) -> bool:
    """Wait for a moment at which something is; False if none comes soon."""
    for _ in range(TRIES):
        if await in_flight():
            return True
        await asyncio.sleep(BETWEEN_TRIES)
    return False
