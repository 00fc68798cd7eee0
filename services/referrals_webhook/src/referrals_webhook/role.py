"""The roles of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, TypeAlias

Duty: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""What is done until the event is set; what was begun is finished."""


class Role(StrEnum):
    """What a process does; any number of processes may have the same role."""

    HTTP = "http"
    WORKER = "worker"
    RELAY = "relay"
    RECONCILE = "reconcile"
