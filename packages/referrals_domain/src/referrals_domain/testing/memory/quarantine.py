"""The quarantine in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.quarantine import Quarantine
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.mentions import Mentions


@attrs.frozen
class InMemoryQuarantine(Quarantine):
    """The quarantine in memory."""

    state: State

    async def add(self, bodies: Sequence[UnreadableBody]) -> None:
        """Keep bodies, each once."""
        for body in bodies:
            self.state.quarantine.setdefault(body.body, body)

    async def forget(self, shop: ShopDomain, mentions: Mentions | None = None) -> int:
        """Delete the bodies of a shop, or those that mention somebody."""
        gone = [
            key
            for key, one in self.state.quarantine.items()
            if one.shop.lower() == shop and (mentions is None or mentions.are_in(one.body))
        ]
        for key in gone:
            del self.state.quarantine[key]
        return len(gone)
