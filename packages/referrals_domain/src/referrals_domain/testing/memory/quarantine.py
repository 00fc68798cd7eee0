"""The quarantine in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.quarantine import Quarantine
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody


@attrs.frozen
class InMemoryQuarantine(Quarantine):
    """The quarantine in memory."""

    state: State

    async def add(self, bodies: Sequence[UnreadableBody]) -> None:
        """Keep bodies, each once."""
        for body in bodies:
            self.state.quarantine.setdefault(body.body, body)
