"""The roles of the service."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a process does; any number of processes may have the same role."""

    HTTP = "http"
    WORKER = "worker"
    RELAY = "relay"
    RECONCILE = "reconcile"
