"""The watermarks in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.watermarks import Watermarks
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_domain.model.identifiers import MerchantId


@attrs.frozen
class InMemoryWatermarks(Watermarks):
    """The watermarks in memory."""

    state: State

    async def get(self, merchant_id: MerchantId) -> datetime | None:
        """Return until when."""
        return self.state.watermarks.get(merchant_id)

    async def advance(self, merchant_id: MerchantId, to: datetime) -> None:
        """Note that it was until then, or later."""
        reached = self.state.watermarks.get(merchant_id, to)
        self.state.watermarks[merchant_id] = max(reached, to)
