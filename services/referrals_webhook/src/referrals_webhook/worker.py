"""The worker: completes referrals, and tells the cache what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import attrs

from referrals_webhook.routine import Routine


@attrs.frozen
class Worker:
    """
    The worker role; any number of them share the work.

    Args:
        routines: What it does side by side.
    """

    routines: Sequence[Routine]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what was begun is finished."""
        async with asyncio.TaskGroup() as group:
            for routine in self.routines:
                group.create_task(routine.run(stop), name=routine.name)
